import { at, scalars } from '../languages/treeNode.ts';
import { jobs, majorOf, triggers, workflowLanguages, type Job } from './kit/workflow.ts';
import type { Source } from '../languages/source.ts';
import type { TreeNode } from '../languages/treeNode.ts';
import type { Rule } from './rule.ts';

export const workflowCaches: Rule = {
  id: 'workflow-cache-in-release',
  title: 'What is published is built from a cache',
  tier: 'high',
  category: 'supply-chain',
  languages: workflowLanguages,
  references: ['CWE-349', 'SLSA: isolated builds', 'zizmor: cache-poisoning'],
  why: 'Other workflows of the repository write the same cache, those for requests among them: what one of them puts there ends up in the release.',
  remedy: 'build releases without a cache',
  keywords: ['cache', 'setup', 'enable', 'gha'],
  check(source, report) {
    if (!isRelease(source)) return;
    for (const job of jobs(source)) {
      const tier = publishes(job) ? ('high' as const) : ('medium' as const);
      for (const step of job.steps) {
        const from = cacheOf(source, step);
        if (from)
          report({
            tier,
            start: from.start,
            end: from.end,
            // One more cache of a job that publishes nothing does not make that of another one new.
            key: `cache:${tier} ${at(step, 'uses')?.value.split('@')[0]}`,
          });
      }
    }
  },
};

/** Only releases and tags start it. */
function isRelease(source: Source): boolean {
  const list = triggers(source).filter((t) => t.name !== 'workflow_dispatch');
  return (
    list.length > 0 &&
    list.every(
      (t) =>
        t.name === 'release' ||
        (t.name === 'push' && at(t.node, 'tags') !== undefined && at(t.node, 'branches') === undefined),
    )
  );
}

const publisher =
  /^(?:pypa\/gh-action-pypi-publish|softprops\/action-gh-release|goreleaser\/goreleaser-action|docker\/build-push-action|ncipollo\/release-action|actions\/attest[\w-]*|JS-DevTools\/npm-publish|svenstaro\/upload-release-action|actions\/deploy-pages|changesets\/action)(?:@|$)/;
const publishing =
  /\b(?:npm|pnpm|yarn|uv|poetry|cargo|hatch|flit)\s+publish\b|\btwine\s+upload\b|\bgem\s+push\b|\bdocker\s+push\b|\bgh\s+release\s+(?:create|upload)\b|\bgoreleaser\s+release\b|\bmvn\b[^\n]{0,200}\bdeploy\b|\bgradlew?\b[^\n]{0,200}\bpublish/;

const publishes = (job: Job): boolean =>
  job.steps.some(
    (step) => publisher.test(at(step, 'uses')?.value ?? '') || publishing.test(at(step, 'run')?.value ?? ''),
  );

/** The step, or the input of it, that brings a cache. */
function cacheOf(source: Source, step: TreeNode): TreeNode | undefined {
  const uses = at(step, 'uses')?.value ?? '';
  const input = (name: string): TreeNode | undefined => at(step, 'with', name);
  if (
    /^actions\/cache(?:\/restore)?(?:@|$)|^(?:Swatinem\/rust-cache|mozilla-actions\/sccache-action|hendrikmuhs\/ccache-action)(?:@|$)/i.test(
      uses,
    )
  ) {
    const reads = input('lookup-only');
    return reads?.value === 'true' ? undefined : at(step, 'uses');
  }
  if (/^actions\/setup-(?:node|python|java|dotnet)(?:@|$)/.test(uses)) {
    const cache = input('cache');
    return cache && !/^(?:false|)$/.test(cache.value) ? cache : undefined;
  }
  // From v4 on it caches unless it is told not to; before, where it is told to.
  if (/^actions\/setup-go(?:@|$)/.test(uses)) {
    const asked = input('cache')?.value ?? String((majorOf(source, at(step, 'uses')!) ?? 4) >= 4);
    return asked === 'false' ? undefined : at(step, 'uses');
  }
  if (/^astral-sh\/setup-uv(?:@|$)/.test(uses))
    return input('enable-cache')?.value === 'true' ? input('enable-cache') : undefined;
  if (/^ruby\/setup-ruby(?:@|$)/.test(uses))
    return input('bundler-cache')?.value === 'true' ? input('bundler-cache') : undefined;
  if (/^docker\/build-push-action(?:@|$)/.test(uses)) {
    const from = input('cache-from');
    return from && scalars(from).some((v) => v.includes('type=gha')) ? from : undefined;
  }
  return undefined;
}
