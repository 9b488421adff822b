/** What only the whole change tells of its findings: one file a pass, one line here. */
import { asSafeguards, weighMovedSafeguards } from './movedSafeguards.ts';
import { weighLostSubjects } from './lostSubjects.ts';
import { asModels } from './prismaModels.ts';
import { asBlocks } from './testBlocks.ts';
import { asDeletedTests } from './deletedTests.ts';
import { weighOpenedEgress } from './openedEgress.ts';
import { weighOwners, withoutOwnersOfGone } from './owners.ts';
import { withKnownFields } from './djangoFields.ts';
import { withoutBornTables } from './bornTables.ts';
import { withoutDialectTwins } from './dialects.ts';
import { withoutTestsOfLostParts } from './testsOfLostParts.ts';
import { withoutOrphans } from './orphanedTests.ts';
import { withoutOwnAndRepeated } from './ownDependencies.ts';
import { withoutReplaced } from './replacedSafeguards.ts';
import { withoutSameFolders } from './chartDefaults.ts';
import { withoutSnapshots } from './snapshots.ts';
import { withoutFollowers } from './followers.ts';
import { withoutMoves } from './moves.ts';
import type { Pass } from './pass.ts';
import { asKustomized } from './kustomized.ts';
import { asUnmanaged } from './unmanaged.ts';
import { toldOnce } from './toldOnce.ts';
import { toldByJob, toldByOwner, weighOwnActions, withoutCopiedWorkflows } from './workflows.ts';

/** Of one file alone it can say nothing. */
const ofSeveral =
  (pass: Pass): Pass =>
  (files, judged, policy) => {
    if (files.length > 1) pass(files, judged, policy);
  };

/** In this order: what weighs comes behind what takes out. */
export const passes: readonly Pass[] = [
  withoutOwnAndRepeated,
  withoutReplaced,
  weighMovedSafeguards,
  withoutBornTables,
  withoutSnapshots,
  withKnownFields,
  ofSeveral(withoutFollowers),
  ofSeveral(withoutMoves),
  asModels,
  ofSeveral(withoutDialectTwins),
  ofSeveral(withoutOrphans),
  ofSeveral(withoutTestsOfLostParts),
  ofSeveral(weighLostSubjects),
  ofSeveral(withoutOwnersOfGone),
  ofSeveral(withoutSameFolders),
  ofSeveral(withoutCopiedWorkflows),
  asBlocks,
  ofSeveral(asDeletedTests),
  asSafeguards,
  weighOpenedEgress,
  weighOwners,
  weighOwnActions,
  toldByOwner,
  toldByJob,
  ofSeveral(asKustomized),
  ofSeveral(asUnmanaged),
  toldOnce,
];
