/** Inside VS Code: activation, and a save of an unprotected file with and without Countersign installed. */
import { openEditor } from '../e2e/harness.ts';
import { until } from '../host/wait.ts';
import { median, ms, percentile, type Row } from './measure.ts';

const saves = 200;

interface Measured {
  readonly saves: readonly number[];
  readonly participants: readonly number[];
  readonly activation: readonly number[];
}

async function measured(bare: boolean): Promise<Measured> {
  const editor = await openEditor({ bare });
  const activation: number[] = [];
  let times = { saves: [] as number[], participants: [] as number[] };
  try {
    for (let round = 0; round < (bare ? 1 : 5); round++) {
      await editor.window(`bench ${round}`, {}, async (w) => {
        if (!bare) {
          await w.wb.command('Developer: Show Running Extensions');
          const row = w.page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Countersign' }).first();
          // "Startup Activation: 12ms" or "Activation: 12ms"
          const text = await until('the activation time', async () => {
            const seen = await row.innerText();
            return /\d+\s*ms/.test(seen) ? seen : undefined;
          });
          activation.push(Number(/(\d+)\s*ms/.exec(text)?.[1]));
        }
        if (round === 0) {
          await w.agent.do('timedSaves', { file: w.file('src/items.ts'), count: 10 });
          times = await w.agent.do<typeof times>('timedSaves', { file: w.file('src/items.ts'), count: saves });
        }
      });
    }
  } finally {
    await editor.close();
  }
  return { ...times, activation };
}

export async function editorRows(): Promise<Row[]> {
  const without = await measured(true);
  const ours = await measured(false);
  const activation = median(ours.activation);
  const added = percentile(ours.participants, 0.99) - percentile(without.participants, 0.5);
  return [
    {
      what: 'activation on the extension host',
      value: ms(activation),
      beside: `${ours.activation.length} windows, highest ${ms(Math.max(...ours.activation))}`,
      budget: '≤ 50 ms',
      ok: activation <= 50,
    },
    {
      what: 'save of an unprotected file, time in the save participant, p99',
      value: ms(added),
      beside: `whole saves, median: ${ms(median(ours.saves))} : ${ms(median(without.saves))} without us`,
      budget: '≤ 2 ms',
      ok: added <= 2,
    },
  ];
}
