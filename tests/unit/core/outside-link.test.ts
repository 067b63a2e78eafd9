import { describe, expect, it } from 'vitest';
import { fillLink, findLinkFault, isWebLink } from '#core/outside-link.ts';

const study = { studyInstanceUid: '1.2.3', accessionNumber: 'A 1/2', patientId: 'P&1' };
const link = (url: string) => ({ name: 'PACS', url });
const fault = (url: string, schemes: string[] = []) => findLinkFault(link(url), schemes);

describe('links to other systems', () => {
  it('fills in what a study has, percent-encoded', () => {
    const url = 'https://pacs/v?study={studyInstanceUid}&acc={accessionNumber}&pid={patientId}';
    expect(fillLink(link(url), study)).toBe('https://pacs/v?study=1.2.3&acc=A%201%2F2&pid=P%261');
  });

  it.each([
    ["x');alert(1)//", 'x%27%29%3Balert%281%29%2F%2F'],
    ['https://evil/', 'https%3A%2F%2Fevil%2F'],
    ['$&', '%24%26'],
    ['{patientId}', '%7BpatientId%7D'],
  ])('lets %s be a value and nothing more', (patientId, encoded) => {
    expect(fillLink(link('https://pacs/p/{patientId}/x'), { ...study, patientId })).toBe(
      `https://pacs/p/${encoded}/x`,
    );
  });

  it.each([null, '', '  ', '.', '..', '\ud800'])(
    'makes no address of the value %j',
    (patientId) => {
      expect(fillLink(link('https://pacs/p/{patientId}/x'), { ...study, patientId })).toBeNull();
      expect(
        fillLink(link('https://pacs/s/{studyInstanceUid}'), { ...study, patientId }),
      ).not.toBeNull();
    },
  );

  it.each([
    'https://pacs.example/viewer?uid={studyInstanceUid}',
    'http://10.0.0.4:8042/app#study?{studyInstanceUid}',
  ])('takes %s', (url) => {
    expect(fault(url)).toBeNull();
    expect(isWebLink(link(url))).toBe(true);
  });

  it.each([
    ['javascript:alert(1)', /never/],
    ['JavaScript:alert({patientId})', /never/],
    [' javascript:alert(1)', /scheme/],
    ['java\tscript:alert(1)', /scheme/],
    ['data:text/html,{patientId}', /never/],
    ['file:///etc/passwd', /never/],
    ['mypacs://open?{studyInstanceUid}', /linkSchemes/],
    ['/relative/{patientId}', /scheme/],
    ['https://{patientId}.pacs.example/', /server/],
    ['https://pacs@evil.example/', /server/],
    ['https:pacs', /server/],
    ['https://pacs/{patientName}', /\{patientName\}/],
    ['https://pacs/{patientId', /brace/],
    ['https://pacs/a b', /blank/],
    ['https://pacs:port/', /no address/],
  ])('refuses %s', (url, why) => {
    expect(fault(url)).toMatch(why);
  });

  it('takes a scheme that the site allows, and never one that runs what it holds', () => {
    expect(fault('mypacs://open?{studyInstanceUid}', ['mypacs'])).toBeNull();
    expect(isWebLink(link('mypacs://open'))).toBe(false);
    expect(fault('javascript:alert(1)', ['javascript'])).toMatch(/never/);
  });
});
