export * from '../tenant2/server.ts';
