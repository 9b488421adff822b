import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyFile } from '../../../src/core/classify.ts';
import { defaultPolicy } from '../../../src/core/policy/index.ts';
import { createGrammars } from '../../../src/platform/grammars.ts';

const grammars = createGrammars();

async function tiers(after: string, before: string | null = null): Promise<string[]> {
  const { findings } = await classifyFile({ path: 'dial.go', before, after }, { grammars, policy: defaultPolicy });
  return findings.filter((f) => f.rule === 'tls-verify-off').map((f) => f.tier);
}

const off = 'InsecureSkipVerify: true,';
const own = `${off}
			VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
				_, err := leaf(raw).Verify(x509.VerifyOptions{Roots: pool})
				return err
			},`;
const dial = (on: string, other: string, name = 'unix', value = 'unix'): string => `package run

const ${name === '"unix"' ? 'network' : name} = "${value}"

func dial(network string) credentials.TransportCredentials {
	switch network {
	case ${name}:
		conf := tls.Config{
			${on}
		}
		return credentials.NewTLS(&conf)
	default:
		conf := tls.Config{
			${other}
		}
		return credentials.NewTLS(&conf)
	}
}
`;

test('without a network between, a certificate that is not checked is worth a look', async () => {
  const roots = 'RootCAs: pool,';
  assert.deepEqual(await tiers(dial(off, roots)), ['medium']);
  assert.deepEqual(await tiers(dial(off, roots, '"unix"')), ['medium']);
  assert.deepEqual(await tiers(dial(off, own), dial(roots, own)), ['medium']);
});

test('with one it is a hole, whatever the branch is called', async () => {
  const roots = 'RootCAs: pool,';
  assert.deepEqual(await tiers(dial(roots, off)), ['critical']);
  assert.deepEqual(await tiers(dial(off, off)), ['critical', 'critical']);
  assert.deepEqual(await tiers(dial(off, roots, 'unix', 'tcp')), ['critical']);
  // A family of systems, a configuration that others share.
  assert.deepEqual(await tiers(dial(off, roots).replaceAll('network', 'osFamily')), ['critical']);
  assert.deepEqual(await tiers(dial(off, roots).replace('conf := tls', 'client.conf = tls')), ['critical']);
  assert.deepEqual(await tiers(dial(off, roots, 'insecure', 'insecure')), ['critical']);
  assert.deepEqual(
    await tiers(dial(off, own.replace(/\t+_, err :=[^\n]*\n/, '').replace('return err', 'return nil'))),
    ['critical', 'critical'],
  );
  // The one that was there before does not pay for the other.
  assert.ok((await tiers(dial(off, `${off} // dev`), dial(off, roots))).includes('critical'));
});
