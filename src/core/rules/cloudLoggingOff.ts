import { attributes, cloudLanguages, isFalse, isLiteral, where } from './kit/cloud.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Rule } from './rule.ts';

export const cloudLoggingOff: Rule = {
  id: 'cloud-logging-off',
  title: 'Audit trail switched off',
  tier: 'critical',
  category: 'logging-off',
  languages: cloudLanguages,
  references: ['CWE-778', 'OWASP A09:2021'],
  why: 'Without the log nobody can tell afterwards who did what; switching it off is also what an intruder does first.',
  remedy: 'keep the log on',
  keywords: [],
  check(source, report) {
    for (const { r, n, name, parent } of attributes(source)) {
      const hit = { start: n.start, end: n.end, key: where(r, n) };
      if (n.kind === 'seq') {
        if (
          /^enable(?:d)?cloudwatchlogsexports?$/.test(name) &&
          /neptune|docdb|documentdb/i.test(r.type) &&
          n.children.every((c) => c.value !== 'audit')
        )
          report({ ...hit, tier: 'high' });
        continue;
      }
      if (n.kind !== 'scalar' || !isLiteral(n)) continue;
      if (
        /^(?:enablelogging|islogging|loggingenabled|enablelogfilevalidation|logfilevalidationenabled|auditlogsenabled|auditlogging|enableauditlogs|includeglobalserviceevents|ismultiregiontrail|logenabled|auditlogenabled|enableaudit|enableflowlogs|logconnections|logdisconnections|logcheckpoints|detailederrormessagesenabled|failedrequesttracingenabled|enableintranodevisibility|accessloggingenabled|enableapplicationlog|xrayenabled|xraytracingenabled|tracingenabled|flowlogsenabled|enablebuiltinlogging|cloudwatchmetricsenabled|audit|general)$/.test(
          name,
        ) &&
        isFalse(n) &&
        !(/^(?:audit|general)$/.test(name) && parent !== 'logs')
      )
        report(/^xray|^tracing|^cloudwatchmetrics|^general/.test(name) ? { ...hit, tier: 'high' } : hit);
      else if (
        name === 'enabled' &&
        isFalse(n) &&
        /(?:log|audit|accesslogs|cloudwatchlogs|monitoring|loginfo)/.test(
          `${parent}/${n.parent?.parent?.key ?? ''}`.toLowerCase(),
        ) &&
        !/logging?in/.test(parent)
      )
        report(hit);
      else if (/^(?:loggingservice|monitoringservice)$/.test(name) && n.value === 'none') report(hit);
      else if (
        name === 'name' &&
        /^(?:log_connections|log_disconnections|log_checkpoints|audit_log_enabled|connection_throttling|log_lock_waits|cloudsql\.enable_pgaudit)$/.test(
          n.value,
        )
      ) {
        const value = n.parent?.children.find((c) => /^value$/i.test(c.key));
        if (value && isFalse(value)) report({ start: value.start, end: value.end, key: hit.key });
      }
    }
  },
  fix: switchBack('Keep the log on'),
};
