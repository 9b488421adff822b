import type { Report } from './report.ts';

/** For programs: the verdict as one JSON document. */
export const json: Report = {
  id: 'json',
  render({ files, tier, version }) {
    return `${JSON.stringify(
      {
        version,
        tier,
        files: files.map(({ path, classification: c }) => ({
          path,
          tier: c.tier,
          changeType: c.changeType,
          findings: c.findings.map(({ fix: _fix, ...f }) => f),
          ...(c.note === undefined ? {} : { note: c.note }),
        })),
      },
      null,
      2,
    )}\n`;
  },
};
