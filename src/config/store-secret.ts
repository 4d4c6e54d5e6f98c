// Puts a secret into the operating system's keychain, where secrets.ts finds it again.
import { spawn } from 'node:child_process';
import { RollcallError } from '../model/errors.ts';
import { readSecret } from './secrets.ts';

/** A keychain that asks a person to unlock it is given this long. */
const KEYCHAIN_MS = 60_000;

/**
 * Stores a secret of one line under a name that has none yet. It goes by standard input, so that no other process sees it.
 *
 * Errors: {@link RollcallError}, also where the name is taken, and where the keychain does not give back what it was given.
 */
export const storeInKeychain = async (
  name: string,
  secret: string,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): Promise<void> => {
  const before = await readSecret({ keychain: name }, env, platform).catch(() => undefined);
  if (before !== undefined)
    throw new RollcallError(`The keychain has an entry "${name}" already.`, 'Name another with --keychain.');
  const { program, args, input } = storeOf(name, secret, platform);
  const refused = (why: string) =>
    new RollcallError(
      `The secret "${name}" cannot be stored in the keychain: ${why}.`,
      'Unlock the keychain, or keep the key in a file with --to.',
    );
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, args, {
      // What a keychain prints may repeat what it was given.
      stdio: ['pipe', 'ignore', 'ignore'],
      timeout: KEYCHAIN_MS,
      windowsHide: true,
      env: { ...env, ROLLCALL_KEYCHAIN_NAME: `rollcall:${name}` },
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(refused(error.code === 'ENOENT' ? `${program} is not installed` : `${program} could not be started`)),
    );
    child.on('close', (status) => (status === 0 ? resolve() : reject(refused(`${program} refused it`))));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
  const stored = await readSecret({ keychain: name }, env, platform).catch(() => undefined);
  if (stored !== secret) throw refused('it does not give it back');
};

const storeOf = (
  name: string,
  secret: string,
  platform: NodeJS.Platform,
): { readonly program: string; readonly args: readonly string[]; readonly input: string } => {
  switch (platform) {
    case 'darwin':
      // Commands on standard input: an argument of a process can be seen by others.
      return {
        program: 'security',
        args: ['-i'],
        input: `add-generic-password -s rollcall -a "${name.replaceAll(/["\\]/g, '\\$&')}" -w ${secret}\n`,
      };
    case 'win32':
      return {
        program: 'powershell.exe',
        args: [
          '-NoProfile',
          '-NonInteractive',
          '-EncodedCommand',
          Buffer.from(WRITE_CREDENTIAL, 'utf16le').toString('base64'),
        ],
        input: `${secret}\n`,
      };
    default:
      return {
        program: 'secret-tool',
        args: ['store', `--label=Rollcall ${name}`, 'service', 'rollcall', 'account', name],
        input: secret,
      };
  }
};

/** cmdkey takes a password as an argument only, so PowerShell calls the function that stores a credential. */
const WRITE_CREDENTIAL = `
$ErrorActionPreference = 'Stop'
Add-Type -Namespace Rollcall -Name Credentials -MemberDefinition @'
[DllImport("advapi32.dll", CharSet = CharSet.Unicode, SetLastError = true)]
public static extern bool CredWriteW(ref Credential credential, int flags);
[StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
public struct Credential {
  public int Flags; public int Type; public string TargetName; public string Comment; public long LastWritten;
  public int BlobSize; public IntPtr Blob; public int Persist; public int AttributeCount; public IntPtr Attributes;
  public string TargetAlias; public string UserName;
}
'@
$secret = [Console]::In.ReadLine()
$blob = [Runtime.InteropServices.Marshal]::StringToCoTaskMemUni($secret)
$entry = New-Object Rollcall.Credentials+Credential
$entry.Type = 1
$entry.TargetName = $env:ROLLCALL_KEYCHAIN_NAME
$entry.UserName = 'rollcall'
$entry.BlobSize = $secret.Length * 2
$entry.Blob = $blob
$entry.Persist = 2
$stored = [Rollcall.Credentials]::CredWriteW([ref]$entry, 0)
[Runtime.InteropServices.Marshal]::ZeroFreeCoTaskMemUnicode($blob)
if (-not $stored) { exit 1 }
`;
