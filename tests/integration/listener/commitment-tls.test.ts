import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { minimalImage } from '#test-data/minimal-objects.ts';
import { type Certified, TestAuthority } from '#tests/support/certificates.ts';
import { CommitmentSite } from '#tests/support/commitment-site.ts';
import { receiveFile } from '#tests/support/intake.ts';
import { missingPeer } from '#tests/support/peers.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

describe.skipIf(missingPeer('openssl'))(
  'storage commitment with a peer that takes TLS alone',
  () => {
    const directory = temporaryDirectory();
    let site: CommitmentSite;
    let authority: TestAuthority;
    let ours: Certified;
    let theirs: Certified;
    beforeAll(async () => {
      authority = new TestAuthority(directory.path, 'authority');
      ours = authority.issue({ name: 'radtriage' });
      theirs = authority.issue({ name: 'modality', names: ['IP:127.0.0.1'] });
      site = await CommitmentSite.start();
    });
    afterEach(() => site.closeAll());
    afterAll(async () => {
      await site.intake.stop();
      directory.remove();
    });

    const identityOf = ({ keyFile, certFile }: Certified) => ({
      key: readFileSync(keyFile),
      cert: readFileSync(certFile),
      ca: readFileSync(authority.caFile),
    });

    /** @param certificate what our configuration says of the peer's; without it, that of the host has to do */
    const openDoor = (certificate?: Record<string, unknown>, commitment = {}) => {
      const { keyFile, certFile } = ours;
      const tls = { port: 0, keyFile, certFile, caFile: authority.caFile };
      const peer = { aeTitle: 'MODALITY', host: '127.0.0.1', port: site.reportPort, tls: true };
      const peers = [certificate === undefined ? peer : { ...peer, certificate }];
      return site.openDoor({ commitment, dicom: { port: null, tls, peers } });
    };

    /** A request that is decided once its association is over: its object comes late. */
    async function askFor(seed: string, port: number | undefined): Promise<string> {
      const image = minimalImage({ modality: 'CR', seed });
      const tls = { ...identityOf(theirs), checkServerIdentity: () => undefined };
      const { transactionUid } = await site.ask({ port: port ?? 0, tls }, [
        [image.sopClassUid, image.sopInstanceUid],
      ]);
      await receiveFile(site.intake.receiver, image.bytes);
      return transactionUid;
    }

    test.each([
      ['for the host that is called', () => undefined],
      ['of the fingerprint that is listed', () => ({ sha256: theirs.fingerprint })],
      ['of the name that is listed', () => ({ name: 'modality' })],
    ])('is reported to whoever shows a certificate %s', async (which, certificate) => {
      const door = await openDoor(certificate(), { waitSeconds: 60 });
      const peer = await site.openReports({ tls: identityOf(theirs) });
      const transactionUid = await askFor(which, door.tlsPort);
      await site.waitForState(transactionUid, 'delivered');
      expect(peer.reports).toMatchObject([{ eventTypeId: 1, transactionUid }]);
    });

    test.each([
      ['another certificate than the one listed', () => ({ sha256: ours.fingerprint })],
      ['the name of somebody else', () => ({ name: 'somebody' })],
    ])('is not reported to whoever shows %s', async (which, certificate) => {
      const first = await openDoor(undefined, { waitSeconds: 60 });
      const transactionUid = await askFor(which, first.tlsPort);
      await site.waitForState(transactionUid, 'reporting');
      await site.closeAll();
      const peer = await site.openReports({ tls: identityOf(theirs) });
      await openDoor(certificate(), { giveUpHours: 0.00001 });
      const row = await site.waitForState(transactionUid, 'given-up');
      expect(row.lastError).toContain('another certificate than the one listed');
      expect(peer.reports).toEqual([]);
    });
  },
);
