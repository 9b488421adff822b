// Another extension in the same host, driven by the tests over HTTP on 127.0.0.1: what an AI extension, a formatter or
// a badly behaved neighbour would do. The port is written to AGENT_PORTS/<sha of the folder>.json.
const { createHash } = require('node:crypto');
const fs = require('node:fs/promises');
const http = require('node:http');
const Module = require('node:module');
const path = require('node:path');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const v8 = require('node:v8');
const vm = require('node:vm');
const vscode = require('vscode');

const open = (file) => vscode.workspace.openTextDocument(vscode.Uri.file(file));

let changedAt = 0;
let blocking;
let fedVersion = 0;

/** In MB, garbage collected. */
async function heapInUse() {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  collect();
  // What only finalizers held is free after another turn.
  await pause(100);
  collect();
  return process.memoryUsage().heapUsed / 1048576;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * What Countersign's own listeners take, in ms, measured around each call where AGENT_LISTENERS is set: it is then given
 * an API whose events pass through here. Nothing of that is in the extension itself.
 */
const ours = {
  /** Of the change event under way, by the clock and in processor time (of all threads: a collector's may be in it). */
  change: 0,
  changeCpu: 0,
  longest: 0,
  longestOf: '',
  total: 0,
  /** What listens to changes of documents, but for what only passes them on to the language server. */
  onChange: new Set(),
};

const timed = (name, listener, self) => (event) => {
  // Asked for where it is wanted only: thousands of files at once would be charged with it.
  const cpu = name === 'onDidChangeTextDocument' ? process.cpuUsage() : undefined;
  const began = performance.now();
  try {
    return Reflect.apply(listener, self, [event]);
  } finally {
    const time = performance.now() - began;
    ours.total += time;
    if (cpu) {
      const { user, system } = process.cpuUsage(cpu);
      ours.change += time;
      ours.changeCpu += (user + system) / 1000;
    }
    if (time > ours.longest) [ours.longest, ours.longestOf] = [time, name];
  }
};

const timedEvent = (name, event, isKept) => (listener, self, disposables) => {
  const one = timed(name, listener, self);
  if (isKept && name === 'onDidChangeTextDocument') ours.onChange.add(one);
  const registered = event(one, undefined, disposables);
  return {
    dispose() {
      ours.onChange.delete(one);
      registered.dispose();
    },
  };
};

/** The same object, its events timed. */
function withTimedEvents(object, isKept, replaced = {}) {
  return new Proxy(
    {},
    {
      has: (_, key) => key in object,
      set: (_, key, value) => Reflect.set(object, key, value),
      get(_, key) {
        if (key in replaced) return replaced[key];
        const value = object[key];
        if (typeof value !== 'function') return value;
        if (typeof key === 'string' && /^on(Did|Will)[A-Z]/.test(key)) return timedEvent(key, value, isKept);
        return value.bind(object);
      },
    },
  );
}

/** Has to run before Countersign is loaded. */
function timeListeners() {
  const known = new Map();
  const load = Module._load;
  Module._load = function (request, parent, ...more) {
    const loaded = Reflect.apply(load, this, [request, parent, ...more]);
    const file = parent?.filename ?? '';
    if (request !== 'vscode' || !/[\\/]countersign\.countersign-[^\\/]*[\\/]dist[\\/]/.test(file)) return loaded;
    if (!known.has(file)) {
      const isKept = path.basename(file) !== 'languageClient.js';
      const { workspace, window, languages } = loaded;
      known.set(file, {
        ...loaded,
        workspace: withTimedEvents(workspace, isKept, {
          createFileSystemWatcher: (...args) => withTimedEvents(workspace.createFileSystemWatcher(...args), isKept),
        }),
        window: withTimedEvents(window, isKept),
        languages: withTimedEvents(languages, isKept),
      });
    }
    return known.get(file);
  };
}

const operations = {
  /** A WorkspaceEdit, as agents make it. */
  async edit({ file, old, text, show }) {
    const document = await open(file);
    if (show) await vscode.window.showTextDocument(document, { preview: false });
    const edit = new vscode.WorkspaceEdit();
    if (old === undefined) {
      edit.replace(document.uri, new vscode.Range(0, 0, document.lineCount, 0), text);
    } else {
      const at = document.getText().indexOf(old);
      if (at < 0) throw new Error(`'${old}' is not in ${file}`);
      edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + old.length)), text);
    }
    return vscode.workspace.applyEdit(edit);
  },
  async save({ file }) {
    return (await open(file)).save();
  },
  /** A new file, empty, as the first half of what an agent or the Explorer does. */
  async create({ file }) {
    const edit = new vscode.WorkspaceEdit();
    edit.createFile(vscode.Uri.file(file));
    return vscode.workspace.applyEdit(edit);
  },
  /** `pieces` of text at the end of the file, one edit each; VS Code refuses an edit of a text that has moved on. */
  async stream({ file, pieces }) {
    const document = await open(file);
    for (const piece of pieces) {
      for (let applied = false; !applied;) {
        const edit = new vscode.WorkspaceEdit();
        edit.insert(document.uri, document.lineAt(document.lineCount - 1).range.end, piece);
        applied = await vscode.workspace.applyEdit(edit);
      }
    }
    return true;
  },
  /**
   * Edits and saves `count` times. `saves`: the times of the saves alone; `participants`: what lay between our first and
   * our last listener of each save, which is all that extensions activated in between took. All in ms.
   */
  async timedSaves({ file, count }) {
    const document = await open(file);
    const saves = [];
    const participants = [];
    const last = vscode.workspace.onWillSaveTextDocument(() => participants.push(performance.now() - firstAt));
    for (let i = 0; i < count; i++) {
      const edit = new vscode.WorkspaceEdit();
      edit.insert(document.uri, new vscode.Position(0, 0), `// ${i}\n`);
      await vscode.workspace.applyEdit(edit);
      const began = performance.now();
      if (!(await document.save())) throw new Error('not saved');
      saves.push(performance.now() - began);
    }
    last.dispose();
    return { saves, participants };
  },
  /**
   * `count` edits, or as many as `ms` allow, as `streams` agents make them who write at once, each at a place of its own.
   * Answers with times for each change event, in ms: `between` our first and our last listener, which is what the
   * extensions activated in between took, and in Countersign's `own` listeners (see `timeListeners`), `cpu` of them.
   */
  async streams({ file, streams, count = Infinity, ms = Infinity }) {
    const document = await open(file);
    const between = [];
    const own = [];
    const cpu = [];
    const last = vscode.workspace.onDidChangeTextDocument((e) => {
      if (e.document !== document || e.contentChanges.length === 0) return;
      between.push(performance.now() - changedAt);
      own.push(ours.change);
      cpu.push(ours.changeCpu);
    });
    const apart = Math.floor(document.lineCount / streams);
    const written = Array.from({ length: streams }, () => 0);
    const end = performance.now() + ms;
    for (let i = 0; i < count && performance.now() < end; i++) {
      const which = i % streams;
      let line = which * apart;
      for (let j = 0; j < which; j++) line += Math.floor(written[j] / 8);
      line += Math.floor(written[which] / 8);
      const text = ++written[which] % 8 === 0 ? 'token;\n' : `token${written[which]} `;
      const edit = new vscode.WorkspaceEdit();
      const at = written[which] % 8 === 1 ? 0 : document.lineAt(line).text.length;
      edit.insert(document.uri, new vscode.Position(line, at), text);
      if (!(await vscode.workspace.applyEdit(edit))) throw new Error('an edit was refused');
    }
    last.dispose();
    return { between, own, cpu };
  },
  /**
   * `count` (of 90, or of a multiple) change events given to Countersign's own listeners, in this process but without the
   * workbench: `streams` agents write a line each in eight pieces and take it back, so that the text stays as long as it
   * is. The listener that passes changes on to the language server is left out: the server would see another text than
   * the workbench's. Answers with the times of the events, and of a listener which does nothing, in thousandths of a ms.
   */
  async feed({ file, streams, count, atOnce }) {
    const document = await open(file);
    const apart = Math.floor(document.lineCount / streams);
    const written = Array.from({ length: streams }, () => '');
    const idle = timed('nothing', () => undefined);
    fedVersion = Math.max(fedVersion, document.version);
    const fed = Object.create(document, { version: { get: () => fedVersion }, isDirty: { value: true } });
    const times = [];
    const empty = [];
    for (let i = 0; i < count; i++) {
      const which = i % streams;
      const line = which * apart;
      const isBack = Math.floor(i / streams) % 9 === 8;
      const text = isBack ? '' : `token${++fedVersion} `;
      if (isBack) fedVersion++;
      const at = new vscode.Position(line, isBack ? 0 : written[which].length);
      const end = new vscode.Position(line, written[which].length);
      const change = {
        range: new vscode.Range(at, end),
        rangeOffset: 0,
        rangeLength: end.character - at.character,
        text,
      };
      written[which] = isBack ? '' : written[which] + text;
      const event = { document: fed, contentChanges: [change], reason: undefined };
      let began = performance.now();
      idle(event);
      empty.push(Math.round((performance.now() - began) * 1000));
      began = performance.now();
      for (const listener of ours.onChange) listener(event);
      times.push(Math.round((performance.now() - began) * 1000));
      if (i % 500 === 499) await pause(0);
      // An answer of the language server: what was sent to it before has been read, nothing piles up on the way.
      if (i % atOnce === atOnce - 1)
        await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, new vscode.Position(0, 0));
    }
    return { listeners: ours.onChange.size, times, empty };
  },
  /**
   * Begins, or ends, measuring how long the extension host is blocked. `longest`: of the event loop; `own`: of one call of
   * Countersign's listeners, `ownTotal` of all; `cpu`: of this whole process. All in ms.
   */
  async blocked({ begin }) {
    if (begin) {
      const delay = monitorEventLoopDelay({ resolution: 1 });
      [ours.longest, ours.longestOf, ours.total] = [0, '', 0];
      blocking = { delay, cpu: process.cpuUsage() };
      delay.enable();
      return null;
    }
    const { delay, cpu } = blocking;
    delay.disable();
    const { user, system } = process.cpuUsage(cpu);
    return {
      longest: delay.max / 1e6,
      own: ours.longest,
      ownOf: ours.longestOf,
      ownTotal: ours.total,
      cpu: (user + system) / 1000,
    };
  },
  async heap() {
    return heapInUse();
  },
  async workspaceSave({ file }) {
    return (await vscode.workspace.save(vscode.Uri.file(file)))?.toString() ?? null;
  },
  async saveAll() {
    return vscode.workspace.saveAll();
  },
  async notebookEdit({ file, text }) {
    const notebook = await vscode.workspace.openNotebookDocument(vscode.Uri.file(file));
    await vscode.window.showNotebookDocument(notebook);
    const edit = new vscode.WorkspaceEdit();
    edit.set(notebook.uri, [
      vscode.NotebookEdit.insertCells(0, [new vscode.NotebookCellData(vscode.NotebookCellKind.Code, text, 'python')]),
    ]);
    return vscode.workspace.applyEdit(edit);
  },
  async notebookSave({ file }) {
    return (await vscode.workspace.openNotebookDocument(vscode.Uri.file(file))).save();
  },
  async fsWrite({ file, text }) {
    await vscode.workspace.fs.writeFile(vscode.Uri.file(file), Buffer.from(text));
    return true;
  },
  async command({ id, args = [] }) {
    return (await vscode.commands.executeCommand(id, ...args)) ?? null;
  },
  /** What the window knows about a document, for assertions on text, dirty state, cursor and folding. */
  async state({ file }) {
    const document = vscode.workspace.textDocuments.find((d) => d.uri.fsPath === file);
    if (!document) return null;
    const editor = vscode.window.visibleTextEditors.find((e) => e.document === document);
    return {
      text: document.getText(),
      dirty: document.isDirty,
      version: document.version,
      encoding: document.encoding,
      selections: editor?.selections.map((s) => [s.anchor.line, s.anchor.character, s.active.line, s.active.character]),
      visible: editor?.visibleRanges.map((r) => [r.start.line, r.end.line]),
    };
  },
  async notebookState({ file }) {
    const notebook = vscode.workspace.notebookDocuments.find((n) => n.uri.fsPath === file);
    return notebook ? { dirty: notebook.isDirty, cells: notebook.getCells().map((c) => c.document.getText()) } : null;
  },
  async diagnostics({ file }) {
    return vscode.languages.getDiagnostics(vscode.Uri.file(file)).map((d) => ({
      line: d.range.start.line,
      endLine: d.range.end.line,
      severity: d.severity,
      message: d.message,
      source: d.source,
      code: typeof d.code === 'object' ? d.code.value : d.code,
    }));
  },
  /** A formatter that replaces tabs by spaces on save, next to ours. */
  async formatter({ language }) {
    const provider = vscode.languages.registerDocumentFormattingEditProvider(language, {
      provideDocumentFormattingEdits(document) {
        const edits = [];
        for (let i = 0; i < document.lineCount; i++) {
          const text = document.lineAt(i).text;
          const end = text.search(/\s+$/);
          if (end >= 0) edits.push(vscode.TextEdit.delete(new vscode.Range(i, end, i, text.length)));
        }
        return edits;
      },
    });
    context.subscriptions.push(provider);
    return true;
  },
  /** A setting of the user, or of the workspace, as VS Code's settings editor or an extension changes it. */
  async setting({ section, key, value, workspace }) {
    const { Global, Workspace } = vscode.ConfigurationTarget;
    await vscode.workspace.getConfiguration(section).update(key, value, workspace ? Workspace : Global);
    return true;
  },
  /** Blocks the whole extension host, as a badly behaved extension does. Answers before it starts. */
  async busy({ ms }) {
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms), 100);
    return true;
  },
};

let context;
let firstAt = 0;
/** A start that takes this long, in ms, blocking: what extensions that start early do to all others. */
const slowStart = async () => Number(await fs.readFile(path.join(process.env.AGENT_PORTS ?? '', 'slow'), 'utf8'));

exports.activate = async (given) => {
  context = given;
  if (process.env.AGENT_LISTENERS) timeListeners();
  // Listeners run in the order in which they came.
  context.subscriptions.push(
    vscode.workspace.onWillSaveTextDocument(() => (firstAt = performance.now())),
    vscode.workspace.onDidChangeTextDocument(() => {
      [ours.change, ours.changeCpu] = [0, 0];
      changedAt = performance.now();
    }),
  );
  const ms = await slowStart().catch(() => 0);
  if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  const folder = process.env.AGENT_PORTS;
  const first = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
  if (!folder || !first) return;
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (d) => (body += d));
    request.on('end', async () => {
      try {
        const { op, ...rest } = JSON.parse(body);
        response.end(JSON.stringify({ value: (await operations[op](rest)) ?? null }));
      } catch (error) {
        response.end(JSON.stringify({ error: String(error?.stack ?? error) }));
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.subscriptions.push({ dispose: () => server.close() });
  const name = createHash('sha256').update(first).digest('hex').slice(0, 16);
  await fs.writeFile(
    path.join(folder, `${name}.json`),
    JSON.stringify({ port: server.address().port, pid: process.pid }),
  );
};
