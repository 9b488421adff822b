/** What only the whole change tells of its findings: one file a pass, one line here. */
import { withoutBornTables } from './databases/bornTables.ts';
import { withoutDialectTwins } from './databases/dialects.ts';
import { withKnownFields } from './databases/djangoFields.ts';
import { weighMigrationPlaces } from './databases/migrationPlaces.ts';
import { asModels } from './databases/prismaModels.ts';
import { withoutSnapshots } from './databases/snapshots.ts';
import { asHeld, withoutReplacedTwice } from './dependencies/held.ts';
import { asKnown } from './dependencies/known.ts';
import { asKept, asRanges } from './dependencies/ranges.ts';
import { asNewManifests, asReleases, withLockFiles } from './dependencies/releases.ts';
import { weighWritten, withoutFollowers } from './dependencies/followers.ts';
import { withoutOwnFeeds } from './dependencies/feeds.ts';
import { weighGoDefaults } from './goDefaults.ts';
import { weighBareInstances } from './infrastructure/bareInstances.ts';
import { weighBornResources } from './infrastructure/bornResources.ts';
import { weighStarted } from './infrastructure/startedInside.ts';
import { toldOfOneObject, weighOwnDefaults } from './infrastructure/bundledLimits.ts';
import { withoutSameFolders } from './infrastructure/chartDefaults.ts';
import { weighLostLimits } from './infrastructure/containerLimits.ts';
import { asKustomized } from './infrastructure/kustomized.ts';
import { withoutMovedEgress } from './infrastructure/movedEgress.ts';
import { weighOpenedEgress } from './infrastructure/openedEgress.ts';
import { asShownModule } from './infrastructure/shownModules.ts';
import { asUnmanaged } from './infrastructure/unmanaged.ts';
import { withoutMoves } from './moves.ts';
import { withoutOwnAndRepeated } from './dependencies/own.ts';
import { weighOwners, withoutOwnersOfGone } from './owners.ts';
import type { Pass } from './pass.ts';
import { weighComposed } from './safeguards/composedSafeguards.ts';
import { asSafeguards, weighMovedSafeguards } from './safeguards/movedSafeguards.ts';
import { withoutReplaced } from './safeguards/replacedSafeguards.ts';
import { weighBornSkipped } from './tests/bornSkipped.ts';
import { asDeletedTests } from './tests/deletedTests.ts';
import { weighLostSubjects } from './tests/lostSubjects.ts';
import { withoutOrphans } from './tests/orphanedTests.ts';
import { asDecided } from './asDecided.ts';
import { asReadable } from './asReadable.ts';
import { withoutSkippedOn } from './tests/skippedOn.ts';
import { asBlocks } from './tests/testBlocks.ts';
import { withoutTestsOfLostParts } from './tests/testsOfLostParts.ts';
import { toldOnce } from './toldOnce.ts';
import { toldByOwner, weighOwnActions } from './workflows/actions.ts';
import { weighCalledInputs } from './workflows/callers.ts';
import { toldByJob, withoutNarrowed } from './workflows/checkouts.ts';
import { withoutCopiedWorkflows } from './workflows/copies.ts';
import { toldByBlock } from './workflows/rights.ts';
import { toldByServices } from './workflows/services.ts';
import { withoutRewrittenTests } from './workflows/testRunners.ts';

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
  weighComposed,
  weighMovedSafeguards,
  withoutBornTables,
  withoutSnapshots,
  withKnownFields,
  ofSeveral(withoutFollowers),
  withoutOwnFeeds,
  asHeld,
  withoutReplacedTwice,
  ofSeveral(asKept),
  ofSeveral(asKnown),
  ofSeveral(withLockFiles),
  weighWritten,
  asReleases,
  asRanges,
  ofSeveral(withoutMoves),
  asNewManifests,
  asModels,
  ofSeveral(withoutDialectTwins),
  ofSeveral(withoutOrphans),
  ofSeveral(withoutTestsOfLostParts),
  ofSeveral(weighLostSubjects),
  ofSeveral(withoutOwnersOfGone),
  ofSeveral(withoutSameFolders),
  ofSeveral(withoutCopiedWorkflows),
  ofSeveral(withoutRewrittenTests),
  withoutSkippedOn,
  asBlocks,
  ofSeveral(asDeletedTests),
  asSafeguards,
  weighOpenedEgress,
  ofSeveral(withoutMovedEgress),
  weighBornResources,
  weighBareInstances,
  ofSeveral(weighStarted),
  weighOwners,
  weighOwnActions,
  ofSeveral(weighCalledInputs),
  toldByOwner,
  toldByBlock,
  withoutNarrowed,
  toldByJob,
  toldByServices,
  ofSeveral(asKustomized),
  ofSeveral(asUnmanaged),
  ofSeveral(asShownModule),
  weighLostLimits,
  weighGoDefaults,
  ofSeveral(toldOfOneObject),
  ofSeveral(weighOwnDefaults),
  weighMigrationPlaces,
  weighBornSkipped,
  asDecided,
  toldOnce,
  asReadable,
];
