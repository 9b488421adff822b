import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tiersOf as tiers, type Texts } from './tiersOf.ts';

test('a program that an image of the change starts has to listen to its container', async () => {
  const rule = 'listen-on-all-interfaces';
  const app = "from flask import Flask\n\napp = Flask(__name__)\napp.run(host='0.0.0.0', port=80)\n";
  const image = (starts: string): string => `FROM python:3.13\nCOPY . .\nUSER app\nCMD ${starts}\n`;
  const both = (starts: string, folder = 'web/'): Texts => ({
    'web/app.py': app,
    [`${folder}Dockerfile`]: image(starts),
  });
  assert.equal(await tiers(rule, both('["python", "app.py"]')), 'low');
  assert.equal(await tiers(rule, both('python ./app.py')), 'low');
  assert.equal(await tiers(rule, { 'web/app.py': app }), 'high');
  assert.equal(await tiers(rule, both('["python", "other_app.py"]')), 'high');
  assert.equal(await tiers(rule, both('["python", "app.py"]', 'jobs/')), 'high');
  const compose = 'services:\n  web:\n    build: web\n    network_mode: host\n';
  assert.equal(await tiers(rule, { ...both('["python", "app.py"]'), 'compose.yaml': compose }), 'high');
  const task = '{"family": "web", "networkMode": "host", "containerDefinitions": []}\n';
  assert.equal(await tiers(rule, { ...both('["python", "app.py"]'), 'deploy/task.json': task }), 'high');
});
