// Applications, found by their keys or by a name that is none.
import type { Application } from '../../model/directory.ts';
import type { Call } from '../call.ts';
import { readObject } from '../client.ts';
import { textOf, textOrNull, textsOf } from '../fields.ts';
import { encodeValue, odataString } from '../filters.ts';
import type { Graph } from '../graph.ts';
import { type Item, PAGE_SIZE, readList } from '../pages.ts';
import { appRolesOf } from './app-roles.ts';

const SELECT = '$select=id,appId,displayName,uniqueName,appRoles,tags';

/** Source: https://learn.microsoft.com/graph/api/application-get */
export const findApplicationByUniqueName = ({ client }: Graph, uniqueName: string, signal?: AbortSignal) =>
  find(client, 'uniqueName', uniqueName, signal);

export const findApplicationByAppId = ({ client }: Graph, appId: string, signal?: AbortSignal) =>
  find(client, 'appId', appId, signal);

const find = async (
  client: Graph['client'],
  key: 'uniqueName' | 'appId',
  value: string,
  signal: AbortSignal | undefined,
): Promise<Application | undefined> => {
  const call: Call = {
    method: 'GET',
    path: `/applications(${key}=${encodeValue(odataString(value))})?${SELECT}`,
    template: `/applications(${key}='{${key}}')`,
  };
  const found = await readObject(client, call, signal);
  return found && applicationOf(found);
};

/** Source: https://learn.microsoft.com/graph/api/application-list */
export const findApplicationsByName = async (
  { client }: Graph,
  displayName: string,
  signal?: AbortSignal,
): Promise<readonly Application[]> => {
  const filter = encodeValue(`displayName eq ${odataString(displayName)}`);
  const path = `/applications?$filter=${filter}&${SELECT}&$top=${PAGE_SIZE}`;
  return (await readList(client, { method: 'GET', path, template: '/applications' }, signal)).map(applicationOf);
};

const applicationOf = (item: Item): Application => ({
  id: textOf(item['id']),
  appId: textOf(item['appId']),
  displayName: textOf(item['displayName']),
  uniqueName: textOrNull(item['uniqueName']),
  appRoles: appRolesOf(item['appRoles']),
  tags: textsOf(item['tags']),
});
