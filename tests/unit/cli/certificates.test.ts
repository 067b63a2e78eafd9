import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkCertificate } from '#cli/doctor/certificates.ts';
import { temporaryDirectory } from '#tests/support/temporary.ts';

/** Made for this test alone, its key thrown away: good until 2027-12-28T08:20:56Z. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBhzCCAS2gAwIBAgIUT+A81XXO4b0gJKg0CJxbyPZriJgwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOcmFkdHJpYWdlLnRlc3QwHhcNMjYxMTIzMDgyMDU2WhcNMjcx
MjI4MDgyMDU2WjAZMRcwFQYDVQQDDA5yYWR0cmlhZ2UudGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABEEKKzOtfs9gijnKB5NHKcCccixeXNE7etgC7iubzSuB
1JiySaU082Yap8FkjnkhwfZPuhxXq9Q1v10rH36Z2tyjUzBRMB0GA1UdDgQWBBQv
CIxVJBEn0CiSOvtigG67tPkG2zAfBgNVHSMEGDAWgBQvCIxVJBEn0CiSOvtigG67
tPkG2zAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCz1e549oj9
Buh19REJMTVNpV9QD4kNsD0rKvuNlgm9hAIgYCp1KcywbJUDgPcoM0/1i0SidYho
cjYzEba2iKJCllE=
-----END CERTIFICATE-----
`;

describe('a certificate', () => {
  const directory = temporaryDirectory();
  afterAll(() => directory.remove());
  const file = join(directory.path, 'certificate.pem');
  writeFileSync(file, CERTIFICATE);

  it.each([
    ['2027-06-01', 'ok', '210 days left'],
    ['2027-12-01', 'warning', '27 days left'],
    ['2028-01-01', 'fault', 'expired 4 days ago'],
  ])('looked at on %s: %s', (day, level, detail) => {
    const finding = checkCertificate('page', file, new Date(day));
    expect(finding.level).toBe(level);
    expect(finding.detail).toContain(detail);
  });

  it('that is none or not there is a fault', () => {
    const empty = join(directory.path, 'empty.pem');
    writeFileSync(empty, 'nothing');
    expect(checkCertificate('page', empty).level).toBe('fault');
    expect(checkCertificate('page', join(directory.path, 'none.pem')).level).toBe('fault');
  });
});
