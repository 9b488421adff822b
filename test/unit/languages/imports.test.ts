import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Language } from '../../../src/core/languages/detect.ts';
import { Source } from '../../../src/core/languages/source.ts';

const callees = (language: Language, text: string): string[] =>
  new Source(`src/a.${language}`, text, language).code.calls.map((c) => c.callee);

test('Python calls stand under the names of what was imported', () => {
  for (const [text, expected] of [
    ['import subprocess as sp\nsp.run(a)', 'subprocess.run'],
    ['import os.path, hashlib as h\nh.md5(a)', 'hashlib.md5'],
    ['from hashlib import (\n    sha256,\n    md5 as digest,\n)\ndigest(a)', 'hashlib.md5'],
    ['from xml.dom import minidom as dom\ndom.parseString(a)', 'xml.dom.minidom.parseString'],
    ['from Crypto.Cipher import DES as Cipher\nCipher.new(a)', 'DES.new'],
    ["__import__('os').system(a)", 'os.system'],
    ['import numpy as np\nnp.load(a)', 'np.load'],
    ['from .tools import system\nsystem(a)', 'system'],
    ['from os import system\nsystem(a).strip()', 'os.system'],
  ] as const)
    assert.ok(callees('python', text).includes(expected), `${text}: ${callees('python', text).join(' ')}`);
});

test('JavaScript calls stand under the names of what was imported', () => {
  for (const [text, expected] of [
    ["import * as cp from 'node:child_process'; cp.exec(a)", 'child_process.exec'],
    ["import { exec as run } from 'child_process'; run(a)", 'child_process.exec'],
    ["const { createHash: h } = require('crypto'); h(a)", 'crypto.createHash'],
    ["const x = require('crypto').createHash; x(a)", 'crypto.createHash'],
    ["require('child_process').execSync(a)", 'child_process.execSync'],
    ["const tokens = await import('jsonwebtoken'); tokens.verify(a)", 'jwt.verify'],
    ["import merge from 'lodash/merge'; merge(a)", '_.merge'],
    ["import load from 'node-fetch'; load(a)", 'fetch'],
    ['const run = util.promisify(child_process.exec); run(a)', 'child_process.exec'],
    ["import hash from './md5'; hash(a)", 'hash'],
    ["import { a as exec } from './tasks'; exec(x)", 'exec'],
  ] as const)
    assert.ok(callees('typescript', text).includes(expected), `${text}: ${callees('typescript', text).join(' ')}`);
});

test('a parameter of the same name hides what was imported', () => {
  assert.ok(callees('python', 'from os import system\ndef f(system):\n    system(a)\n').includes('system'));
  assert.ok(
    callees('typescript', "import { exec } from 'child_process'; function f(exec) { exec(a) }").includes('exec'),
  );
});

test('unfinished imports are read in linear time', () => {
  for (const unit of ['import ', 'from a import b as ', 'import { a as ', 'const { a: ', 'require(', 'import a.b.c,']) {
    const start = process.cpuUsage();
    callees('python', unit.repeat(8000));
    callees('typescript', unit.repeat(8000));
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 3_000_000, `${unit}: ${user + system} µs`);
  }
});
