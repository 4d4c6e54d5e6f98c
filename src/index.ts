// The library's public face.
export * from './model/account.ts';
export * from './model/directory.ts';
export * from './model/errors.ts';
export * from './model/outcome.ts';
export * from './model/plan.ts';
export * from './model/settings.ts';
export * from './model/source.ts';
