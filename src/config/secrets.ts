// Reads a secret from where it is kept, when it is needed. It is handed to whoever asked and kept nowhere here.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { RollcallError } from '../model/errors.ts';
import type { SecretRef } from '../model/settings.ts';

const run = promisify(execFile);

/** A keychain that asks a person to unlock it is given this long. */
const KEYCHAIN_MS = 60_000;

/**
 * Reads a secret: an environment variable, a file (one line break at its end is left out), or an entry of the operating
 * system's keychain whose service is `rollcall` and whose account is the name (Windows: a generic credential
 * `rollcall:NAME`).
 *
 * Errors: {@link RollcallError}, which names the place and never what was found there.
 */
export const readSecret = async (
  ref: SecretRef,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<string> => {
  if ('env' in ref) return fromEnvironment(ref.env, env);
  if ('file' in ref) return fromFile(ref.file);
  return fromKeychain(ref.keychain, platform, env);
};

const fromEnvironment = (name: string, env: NodeJS.ProcessEnv): string => {
  const value = env[name];
  if (value) return value;
  const found = value === undefined ? 'not set' : 'empty';
  throw new RollcallError(`The environment variable ${name} is ${found}.`, 'Set it to the secret, then run again.');
};

const fromFile = async (file: string): Promise<string> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new RollcallError(
      `The secret in ${file} cannot be read (${error.code ?? 'unknown error'}).`,
      'Check that the file is there and that the account that runs Rollcall may read it.',
    );
  });
  const secret = text.replace(/\r?\n$/, '');
  if (secret === '') throw new RollcallError(`The file ${file} is empty.`, 'Put the secret into it, then run again.');
  return secret;
};

const fromKeychain = async (name: string, platform: NodeJS.Platform, env: NodeJS.ProcessEnv): Promise<string> => {
  const { program, args, remedy } = keychainOf(name, platform);
  const { stdout } = await run(program, args, {
    encoding: 'utf8',
    timeout: KEYCHAIN_MS,
    windowsHide: true,
    // The name goes by the environment where it would otherwise be a part of a script.
    env: { ...env, ROLLCALL_KEYCHAIN_NAME: `rollcall:${name}` },
  }).catch((error: NodeJS.ErrnoException) => {
    // The error of a failed program carries its output, so it is neither shown nor kept as the cause.
    const why = error.code === 'ENOENT' ? `${program} is not installed` : `${program} did not find it or was refused`;
    throw new RollcallError(`The secret "${name}" cannot be read from the keychain: ${why}.`, remedy);
  });
  const secret = stdout.replace(/\r?\n$/, '');
  if (secret === '') throw new RollcallError(`The secret "${name}" in the keychain is empty.`, remedy);
  return secret;
};

const keychainOf = (name: string, platform: NodeJS.Platform) => {
  switch (platform) {
    case 'darwin':
      return {
        program: 'security',
        args: ['find-generic-password', '-s', 'rollcall', '-a', name, '-w'],
        remedy: `Store it with: security add-generic-password -s rollcall -a "${name}" -w`,
      };
    case 'win32':
      return {
        program: 'powershell.exe',
        // Encoded, because quotes and line breaks do not come through a command line unharmed.
        args: ['-NoProfile', '-NonInteractive', '-EncodedCommand', base64(READ_CREDENTIAL)],
        remedy: `Store it with: cmdkey /generic:"rollcall:${name}" /user:rollcall /pass`,
      };
    default:
      return {
        program: 'secret-tool',
        args: ['lookup', 'service', 'rollcall', 'account', name],
        remedy: `Store it with: secret-tool store --label="Rollcall ${name}" service rollcall account "${name}"`,
      };
  }
};

const base64 = (script: string): string => Buffer.from(script, 'utf16le').toString('base64');

/** Windows has no program that reads a generic credential, so PowerShell calls the function that does. */
const READ_CREDENTIAL = `
$ErrorActionPreference = 'Stop'
Add-Type -Namespace Rollcall -Name Credentials -MemberDefinition @'
[DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern bool CredReadW(string target, int type, int flags, out IntPtr credential);
[DllImport("advapi32.dll")]
public static extern void CredFree(IntPtr credential);
[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
public struct Credential {
  public int Flags; public int Type; public string TargetName; public string Comment; public long LastWritten;
  public int BlobSize; public IntPtr Blob; public int Persist; public int AttributeCount; public IntPtr Attributes;
  public string TargetAlias; public string UserName;
}
'@
$found = [IntPtr]::Zero
if (-not [Rollcall.Credentials]::CredReadW($env:ROLLCALL_KEYCHAIN_NAME, 1, 0, [ref]$found)) { exit 1 }
$credential = [Runtime.InteropServices.Marshal]::PtrToStructure($found, [type][Rollcall.Credentials+Credential])
[Console]::OutputEncoding = [Text.Encoding]::UTF8
[Console]::Out.Write([Runtime.InteropServices.Marshal]::PtrToStringUni($credential.Blob, $credential.BlobSize / 2))
[Rollcall.Credentials]::CredFree($found)
`;
