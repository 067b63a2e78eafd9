import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadConfig } from '#platform/config/config.ts';
import { ENVIRONMENT } from '#platform/config/schema.ts';

const root = resolve(import.meta.dirname, '../../..');
const service = z.looseObject({
  command: z.union([z.string(), z.array(z.string())]).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  profiles: z.array(z.string()).optional(),
});
const compose = z
  .looseObject({ services: z.record(z.string(), service) })
  .parse(parse(readFileSync(resolve(root, 'docker-compose.yml'), 'utf8'), { merge: true }));

describe('docker-compose.yml', () => {
  it('holds every part of the system', () => {
    expect(Object.keys(compose.services).sort()).toEqual(
      ['listener', 'orthanc', 'postgres', 'redis', 'web', 'worker', 'worker-gpu'].sort(),
    );
    expect(compose.services['worker-gpu']?.profiles).toEqual(['gpu']);
  });

  it('sets only what the configuration knows', () => {
    for (const name of ['listener', 'worker', 'worker-gpu', 'web']) {
      const variables = Object.keys(compose.services[name]?.environment ?? {});
      expect(variables.length).toBeGreaterThan(0);
      for (const variable of variables) {
        expect(variable === 'RADTRIAGE_CONFIG' || variable in ENVIRONMENT).toBe(true);
      }
    }
  });

  it('ships a site configuration that is accepted', () => {
    const config = loadConfig({
      environment: { RADTRIAGE_CONFIG: resolve(root, 'deploy/radtriage.yaml') },
    });
    expect(config.dicom.peers.map((peer) => peer.aeTitle)).toEqual(['ORTHANC']);
  });
});
