import { expect, test } from 'vitest';
import { cloudFound } from './sign-in-checks.ts';

const found = (graph: string, authority: string) => cloudFound({ graph: `${graph}/v1.0`, authority });

test.each([
  ['https://graph.microsoft.com', 'https://login.microsoftonline.com'],
  ['https://graph.microsoft.us', 'https://login.microsoftonline.us'],
  ['https://dod-graph.microsoft.us', 'https://login.microsoftonline.us'],
  ['https://microsoftgraph.chinacloudapi.cn', 'https://login.partner.microsoftonline.cn'],
  ['https://microsoftgraph.chinacloudapi.cn', 'https://login.chinacloudapi.cn'],
  ['http://127.0.0.1:8787', 'http://127.0.0.1:8787'],
])('%s is signed in to at %s', (graph, authority) => {
  expect(found(graph, authority).status).toBe('ok');
});

test.each([
  ['https://graph.microsoft.com', 'https://login.microsoftonline.us'],
  ['https://graph.microsoft.us', 'https://login.microsoftonline.com'],
  ['https://graph.microsoft.com', 'https://login.example.com'],
  ['https://graph.example.com', 'https://login.microsoftonline.com'],
])('%s with sign-in at %s is told before a token is refused', (graph, authority) => {
  const check = found(graph, authority);
  expect(check.status).toBe('failed');
  expect(check.remedy).toContain('a token of one cloud is refused by another');
});
