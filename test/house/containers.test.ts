import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { v8Flags } from '../../scripts/v8-flags.mjs';
import { environmentSchema, readConfig } from '../../server/config.ts';

// No container engine is needed: what is checked here is what the files say, against what the tree and the server know.

interface Service {
  image?: string;
  build?: string;
  profiles?: string[];
  command?: string[];
  environment: Record<string, string | null>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

interface Compose {
  version?: string;
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
}

interface Instruction {
  name: string;
  rest: string;
}

const root = join(import.meta.dirname, '../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const composeText = read('docker-compose.yml');
const compose = parse(composeText, { merge: true }) as Compose;
const stages = dockerStages(read('Dockerfile'));
const runtime = stages.at(-1) ?? [];

/** The instructions of each stage, continued lines joined. */
function dockerStages(text: string): Instruction[][] {
  const lines = text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const found: Instruction[][] = [];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (name === 'FROM') found.push([]);
    found.at(-1)?.push({ name, rest });
  }
  return found;
}

const all = (stage: Instruction[], name: string) => stage.filter((each) => each.name === name).map(({ rest }) => rest);

function service(name: string): Service {
  const found = compose.services[name];
  if (!found) throw new Error(`no service ${name}`);
  return found;
}

/** What Compose would pass to the service when every required variable is set to `secret` and no other is. */
function environmentOf(name: string, secret: string): Record<string, string> {
  const given = Object.entries(service(name).environment).filter(([, value]) => value !== null);
  return Object.fromEntries(
    given.map(([key, value]) => [key, String(value).replaceAll(/\$\{\w+:\?[^}]*\}/g, secret)] as const),
  );
}

describe('docker-compose.yml', () => {
  test('[RUN-13] has the two engines and the two roles of the server, each in its profiles', () => {
    expect(compose.version).toBeUndefined();
    const profiles = Object.entries(compose.services).map(([name, { profiles: of }]) => [name, of]);
    expect(Object.fromEntries(profiles)).toEqual({
      postgres: ['engines', 'app', 'nodes'],
      redis: ['engines', 'app'],
      web: ['app'],
      worker: ['app'],
      'postgres-standby': ['nodes'],
      'redis-node-1': ['nodes'],
      'redis-node-2': ['nodes'],
      'redis-node-3': ['nodes'],
      'redis-cluster': ['nodes'],
      'web-nodes': ['nodes'],
      'worker-nodes': ['nodes'],
    });
    expect(service('web').environment.AIRSIDE_ROLE).toBe('web');
    expect(service('worker').environment.AIRSIDE_ROLE).toBe('worker');
  });

  test('[RUN-13] names the major version of each image, and builds the server’s own', () => {
    expect(service('postgres').image).toBe('postgres:18');
    expect(service('redis').image).toBe('redis:7');
    for (const role of ['web', 'worker']) expect(service(role).build).toBe('.');
  });

  test('[RUN-13] starts the server once both engines are healthy', () => {
    for (const engine of ['postgres', 'redis']) expect(service(engine).healthcheck?.test.length).toBeGreaterThan(1);
    for (const role of ['web', 'worker']) {
      expect(service(role).depends_on).toEqual({
        postgres: { condition: 'service_healthy' },
        redis: { condition: 'service_healthy' },
      });
    }
  });

  test('[RUN-13] Redis logs its writes and never evicts; engines are published to this machine alone', () => {
    const command = service('redis').command?.join(' ');
    for (const setting of ['--appendonly yes', '--maxmemory-policy noeviction', '--requirepass']) {
      expect(command).toContain(setting);
    }
    for (const engine of ['postgres', 'redis']) {
      expect(service(engine).ports?.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    }
    expect(service('postgres').volumes).toEqual(['postgres-data:/var/lib/postgresql']);
    const used = Object.values(compose.services).flatMap(({ volumes = [] }) =>
      volumes.map((volume) => volume.split(':')[0]),
    );
    expect([...new Set(used)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test('[RUN-14] has no default for any secret', () => {
    const variables = [...composeText.matchAll(/(?<!\$)\$\{(\w+)([^}]*)\}/g)];
    const secret = variables.filter(([, name = '']) => /PASSWORD|SECRET|KEY|TOKEN/.test(name));
    expect(secret.length).toBeGreaterThan(4);
    for (const [text, , rest = ''] of secret) expect(rest.startsWith(':?') ? 'required' : text).toBe('required');
    for (const { environment } of Object.values(compose.services)) {
      for (const [name, value] of Object.entries(environment)) {
        // Without a value it is passed on when it is set, and there is nothing in the file.
        if (value !== null && /PASSWORD|SECRET|KEY|TOKEN|AUTH$/.test(name)) expect(value).toContain(':?');
      }
    }
  });

  test.each(['web', 'worker'])(
    '[RUN-14] gives %s variables that the server knows, with values that it takes',
    (role) => {
      const known = Object.keys(environmentSchema.shape);
      expect(Object.keys(service(role).environment).filter((name) => !known.includes(name))).toEqual([]);
      const config = readConfig(environmentOf(role, 'x'.repeat(48)));
      expect(config).toMatchObject({
        AIRSIDE_ROLE: role,
        DATABASE_URL: `postgres://airside:${'x'.repeat(48)}@postgres:5432/airside`,
        REDIS_URL: `redis://:${'x'.repeat(48)}@redis:6379`,
      });
    },
  );
});

describe('the profile of many nodes', () => {
  test('[NODE-4] has two web processes on one port, a worker, a cluster of three and a standby that may be waited for', () => {
    const known = Object.keys(environmentSchema.shape);
    const nodes = [1, 2, 3].map((n) => `redis-node-${n}`);
    for (const [name, role, processes] of [
      ['web-nodes', 'web', 2],
      ['worker-nodes', 'worker', 1],
    ] as const) {
      expect(Object.keys(service(name).environment).filter((each) => !known.includes(each))).toEqual([]);
      const config = readConfig(environmentOf(name, 'x'.repeat(48)));
      expect(config).toMatchObject({ AIRSIDE_ROLE: role, WEB_CONCURRENCY: processes });
      expect(config.REDIS_URL?.split(',').map((url) => new URL(url).hostname)).toEqual(nodes);
      expect(Object.keys(service(name).depends_on ?? {})).toEqual(['postgres', 'redis-cluster']);
    }
    for (const node of nodes) expect(service(node).command?.join(' ')).toContain('--cluster-enabled yes');
    expect(service('postgres').command?.join(' ')).toContain('synchronous_standby_names');
    expect(service('postgres-standby').command?.join(' ')).toContain('application_name=standby');
  });

  interface Manifest {
    kind: string;
    spec: {
      strategy: { rollingUpdate: { maxUnavailable: number } };
      template: {
        spec: {
          terminationGracePeriodSeconds: number;
          containers: {
            env: { name: string; value: string }[];
            readinessProbe: Probe;
            livenessProbe: Probe;
            lifecycle: { preStop: { exec: { command: string[] } } };
            resources: object;
          }[];
        };
      };
    };
  }
  interface Probe {
    httpGet: { path: string };
  }

  test.each(['web', 'worker'])('[NODE-4] the manifest of %s lets a process drain before it is ended', (role) => {
    const manifests = parseAllDocuments(read(`deploy/kubernetes/${role}.yaml`)).map((each) => each.toJS() as Manifest);
    const { spec } = manifests.find(({ kind }) => kind === 'Deployment') as Manifest;
    const [server] = spec.template.spec.containers;
    expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    expect(server?.readinessProbe.httpGet.path).toBe('/readyz');
    expect(server?.livenessProbe.httpGet.path).toBe('/livez');
    const pauseSeconds = Number(server?.lifecycle.preStop.exec.command[1]);
    expect(spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(pauseSeconds + 20);
    const given = Object.fromEntries(server?.env.map(({ name, value }) => [name, value]) ?? []);
    expect(readConfig(given)).toMatchObject({ AIRSIDE_ROLE: role });
    expect(server?.resources).toMatchObject({ requests: { cpu: expect.any(String), memory: expect.any(String) } });
  });
});

describe('Dockerfile', () => {
  test('[RUN-15] builds on the major version of Node that the package asks for', () => {
    const asked = (JSON.parse(read('package.json')) as { engines: { node: string } }).engines.node.replace('>=', '');
    for (const stage of stages) expect(all(stage, 'FROM')[0]?.split(' ')[0]).toBe(`node:${asked}-slim`);
  });

  test('[RUN-15] copies what exists, and nothing that is kept out of the image', () => {
    const ignored = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const sources = stages
      .flatMap((stage) => all(stage, 'COPY'))
      .filter((copy) => !copy.startsWith('--from='))
      .flatMap((copy) => copy.split(' ').slice(0, -1));
    for (const source of sources) {
      expect(existsSync(join(root, source)), source).toBe(true);
      expect(ignored).toContain(`!${source}`);
    }
    expect(ignored[0]).toBe('*');
    expect(ignored.slice(1).filter((line) => line.startsWith('!') && !sources.includes(line.slice(1)))).toEqual([]);
    expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/.env']));
  });

  test('[RUN-15] has every source that the server’s imports lead to', () => {
    const copied = all(runtime, 'COPY').flatMap((copy) => copy.split(' ').slice(0, -1));
    expect(copied).toEqual(expect.arrayContaining(['shared', 'migrations', 'server', 'package.json']));
  });

  test('[RUN-15] installs by the lock, without what only building needs', () => {
    const install = all(runtime, 'RUN').join(' ');
    expect(install).toContain('npm ci --omit=dev --omit=optional');
  });

  test('[RUN-15] runs the server as a plain user, open to the network, with a check of its health', () => {
    const names = runtime.map(({ name }) => name);
    expect(all(runtime, 'USER')).toEqual(['node']);
    expect(names.indexOf('USER')).toBeLessThan(names.indexOf('CMD'));
    expect(JSON.parse(all(runtime, 'CMD')[0] ?? '')).toEqual(['node', ...v8Flags, 'server/main.ts']);
    const check = all(runtime, 'HEALTHCHECK')[0] ?? '';
    const command = JSON.parse(check.slice(check.indexOf('['))) as string[];
    expect(command.slice(0, 2)).toEqual(['node', '-e']);
    expect(command[2]).toContain('/livez');
    expect(() => new Function(command[2] ?? '!')).not.toThrow();
    const environment = all(runtime, 'ENV')
      .join(' ')
      .split(' ')
      .map((pair) => pair.split('=') as [string, string]);
    expect(Object.fromEntries(environment)).toMatchObject({ NODE_ENV: 'production', HOST: '0.0.0.0' });
    const known = ['NODE_ENV', ...Object.keys(environmentSchema.shape)];
    expect(environment.map(([name]) => name).filter((name) => !known.includes(name))).toEqual([]);
  });
});
