import { describe, expect, it } from 'vitest';
import { nextNotificationState } from '#core/notification.ts';
import { loadConfig } from '#platform/config/config.ts';

const RULE = {
  name: 'pager',
  url: 'https://pager.example/hook',
  when: { flagged: true },
  secret: { file: '/run/secrets/pager' },
};
const PAGE = { pageUrl: 'https://triage.example' };

function load(notifications: Record<string, unknown>) {
  return loadConfig({ environment: {}, overrides: { notifications } }).notifications;
}

const rules = (...more: Record<string, unknown>[]) => ({
  ...PAGE,
  rules: more.map((each) => ({ ...RULE, ...each })),
});

describe('the configuration of notifications', () => {
  it('has none unless the site names some, and sensible limits', () => {
    expect(load({}).rules).toEqual([]);
    expect(load(rules({})).rules[0]).toMatchObject({
      ...{ timeoutSeconds: 10, retrySeconds: 5, giveUpHours: 24, receiverMayAcknowledge: false },
    });
  });

  it.each([
    [{ when: {} }, 'at least one of findings'],
    [{ when: { modalities: ['CT'] } }, 'at least one of findings'],
    [{ when: { flagged: false } }, 'when.flagged'],
    [{ url: 'ftp://pager.example' }, 'url'],
    [{ url: 'http://pager.example/hook' }, 'pager.example is not among plainHttpHosts'],
    [{ url: 'https://me:word@pager.example' }, 'a name or password in its url'],
    [{ secret: undefined }, 'secret'],
    [{ secret: { file: 'a', variable: 'B' } }, 'secret'],
    [{ secret: 'in the file itself' }, 'secret'],
    [{ name: 'Pager 1' }, 'name'],
  ])('refuses %j', (rule, fault) => {
    expect(() => load(rules(rule))).toThrow(fault);
  });

  it('refuses the same name twice, links to nowhere and what is no network', () => {
    expect(() => load(rules({}, {}))).toThrow('pager is there twice');
    expect(() => load({ rules: [RULE] })).toThrow('notifications.pageUrl');
    for (const network of ['10.0.0.0/33', '10.0.0/8', 'fd00::/129', 'host', '10.0.0.0/8/8']) {
      expect(() => load({ ...PAGE, innerNetworks: [network] })).toThrow('innerNetworks');
    }
  });

  it('takes plain http to a host that the site names', () => {
    const plainHttpHosts = ['Pager.example', '::1'];
    const urls = ['http://pager.example/a', 'http://PAGER.EXAMPLE:81/b', 'http://[0:0::1]/c'];
    const named = urls.map((url, index) => ({ url, name: `r${index}` }));
    expect(load({ ...rules(...named), plainHttpHosts }).rules).toHaveLength(3);
  });
});

describe('the states of a notification', () => {
  it('know no way back from sent, and none without a person from dead', () => {
    expect(nextNotificationState('waiting', 'taken')).toBe('sent');
    expect(nextNotificationState('dead', 'resent')).toBe('waiting');
    expect(nextNotificationState('dismissed', 'resent')).toBe('waiting');
    for (const event of ['taken', 'given-up', 'resent', 'dismissed'] as const) {
      expect(() => nextNotificationState('sent', event)).toThrow('cannot take the event');
    }
    expect(() => nextNotificationState('dead', 'taken')).toThrow('cannot take the event');
  });
});
