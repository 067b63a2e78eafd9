import { Command } from 'commander';
import { RadTriageError } from '#core/errors.ts';
import { hashPassword } from '#platform/passwords/passwords.ts';
import { print } from '../output.ts';
import { readPassword } from '../read-password.ts';

export function passcodeCommand(): Command {
  return new Command('passcode')
    .description('hash the passcode of a DICOM sender, for dicom.peers[].userIdentity.passcodeHash')
    .addHelpText('after', '\nThe passcode is read from standard input; only its hash is printed.')
    .action(async () => {
      const passcode = await readPassword('Passcode');
      if (passcode === '') throw new RadTriageError('REQUEST_INVALID', 'the passcode is empty');
      print(await hashPassword(passcode));
    });
}
