/** Reading hook payloads: untrusted JSON whose fields may be missing, of another type, or another agent's. */

/** A value as a plain object, or undefined. */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

/** The first of the named fields that holds a non-empty string. */
export function text(
  record: Readonly<Record<string, unknown>> | undefined,
  ...names: readonly string[]
): string | undefined {
  for (const name of names) {
    const value = record && Object.hasOwn(record, name) ? record[name] : undefined;
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** A string field that may be empty (the new text of a deletion). */
export function anyText(record: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  const value = record && Object.hasOwn(record, name) ? record[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/**
 * Parses a payload. Agents have been seen to put raw control characters into strings and a byte order mark in front:
 * both are accepted. @throws SyntaxError when it is no JSON even so.
 */
export function parsePayload(source: string): unknown {
  const clean = source.startsWith('\uFEFF') ? source.slice(1) : source;
  try {
    return JSON.parse(clean);
  } catch (error) {
    // oxlint-disable-next-line no-control-regex -- they are what we look for
    if (!/[\u0000-\u001f]/.test(clean)) throw error;
    return JSON.parse(escapeControls(clean));
  }
}

function escapeControls(source: string): string {
  let inString = false;
  let out = '';
  let from = 0;
  for (let i = 0; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (c === 0x22) inString = !inString;
    else if (c === 0x5c && inString) i++;
    else if (c < 0x20 && inString) {
      out += `${source.slice(from, i)}\\u${c.toString(16).padStart(4, '0')}`;
      from = i + 1;
    }
  }
  return out + source.slice(from);
}

/** Whose payload this is, when it is clearly another agent's than the one the hook was installed for. */
export function foreignHost(record: Readonly<Record<string, unknown>>): string | undefined {
  if ('cursor_version' in record) return 'cursor';
  if ('agent_action_name' in record) return 'windsurf';
  if ('toolCall' in record && 'workspacePaths' in record) return 'antigravity';
  if ('clineVersion' in record) return 'cline';
  if ('toolInput' in record && 'workspaceRoot' in record) return 'grok';
  if ('toolName' in record && 'toolArgs' in record) return 'copilot-cli';
  return undefined;
}
