import { attr, attributes, cloudLanguages, isFalse, isLiteral, isTrue, where } from './kit/cloud.ts';
import { switchBack } from './kit/switchBack.ts';
import type { Rule } from './rule.ts';

export const cloudPublicAccess: Rule = {
  id: 'cloud-public-access',
  title: 'Resource opened to the public',
  tier: 'critical',
  category: 'network-exposure',
  languages: cloudLanguages,
  references: ['CWE-284', 'CWE-668', 'OWASP A01:2021'],
  why: 'The attribute makes a store, database, registry or cluster reachable by anyone on the internet; open buckets and databases are found by scanners within hours.',
  remedy: 'keep it private and give access to named networks or identities',
  keywords: [],
  check(source, report) {
    for (const { r, n, name, parent } of attributes(source)) {
      const key = where(r, n);
      const hit = { start: n.start, end: n.end, key };
      if (n.kind === 'seq') {
        if (
          /^(?:members|roleentity|allowedcidrs|publicaccesscidrs|authorizedips?|whitelist|securityips|ipwhitelist|ipranges?|adminnetworks|sourceips|apiserverauthorizedipranges|authorizednetworks)$/.test(
            name,
          )
        )
          for (const item of n.children) {
            if (/^(?:(?:OWNER|READER|WRITER):)?(?:allUsers|allAuthenticatedUsers)$/.test(item.value))
              report({
                start: item.start,
                end: item.end,
                key: `${key}=${item.value}`,
                message: 'Access granted to everyone on the internet: name the identities that need it.',
              });
            else if (/^(?:0\.0\.0\.0\/0|::\/0|0\.0\.0\.0)$/.test(item.value) && !/members/.test(name))
              report({ start: item.start, end: item.end, key });
          }
        continue;
      }
      if (n.kind !== 'scalar' || !isLiteral(n)) continue;
      if (
        /^(?:publiclyaccessible|publicaccess(?:enabled)?|publicnetworkaccess(?:enabled)?|allowblobpublicaccess|allownesteditemstobepublic|associatepublicip(?:address)?|mappubliciponlaunch|endpointpublicaccess|assignpublicip|enablepublicip|publicipenabled|publicipaddressenabled|isportalpublicaccessenabled|publicnetworkenabled|allowunauthenticatedidentities|allowpublicaccess|enablepublicendpoint|anonymouspullenabled|publicendpointenabled|internetfacing|enablelegacyabac|fullypublic|publicipaddress|enablenodepublicip|nodepublicipenabled|internetingestionenabled|internetqueryenabled|publicdataendpointenabled)$/.test(
          name,
        ) &&
        isTrue(n)
      )
        report(hit);
      else if (
        /^(?:blockpublicacls|blockpublicpolicy|ignorepublicacls|restrictpublicbuckets|enableprivatenodes|enableprivateendpoint|privateclusterenabled|localauthenticationdisabled|isprivate|disallowpublicipaddress|nopublicip|noexternalip)$/.test(
          name,
        ) &&
        isFalse(n) &&
        !name.startsWith('localauth')
      )
        report(hit);
      else if (name === 'acl' && /^(?:public-read|public-read-write|website|authenticated-read)$/.test(n.value))
        report(hit);
      else if (name === 'accesscontrol' && /^(?:PublicRead|PublicReadWrite|AuthenticatedRead)$/.test(n.value))
        report(hit);
      else if (/^(?:containeraccesstype|publicaccess)$/.test(name) && /^(?:blob|container)$/i.test(n.value))
        report(hit);
      else if (/^(?:member|entity|principal|user)$/.test(name) && /^(?:allUsers|allAuthenticatedUsers)$/.test(n.value))
        report(hit);
      else if (name === 'authtype' && n.value === 'NONE' && /url/i.test(r.type)) report(hit);
      else if (name === 'authorizationtype' && n.value === 'NONE' && /functionurl|function_url/i.test(r.type))
        report(hit);
      else if (
        /^(?:authorization|authorizationtype)$/.test(name) &&
        n.value === 'NONE' &&
        /gateway_?method$|ApiGateway::Method/i.test(r.type) &&
        !/"?OPTIONS"?/.test(source.text.slice(r.node.start, r.node.end))
      )
        report({ ...hit, tier: 'high' });
      else if (
        name === 'authorizationtype' &&
        n.value === 'NONE' &&
        /apigatewayv2_route$|ApiGatewayV2::Route$/i.test(r.type) &&
        /^(?:POST|PUT|PATCH|DELETE|ANY) |^\$connect$|\/(?:\w+-)?(?:admin|internal|management)\b/.test(
          attr(r.props, 'routekey')?.value ?? '',
        )
      )
        report({ ...hit, tier: 'high' });
      else if (/^(?:canipforward|enableipforwarding|ipforwardingenabled)$/.test(name) && isTrue(n))
        report({
          ...hit,
          tier: 'high',
          message: 'IP forwarding lets the machine route foreign traffic: leave it off unless it is a gateway.',
        });
      else if (name === 'endpointtype' && /^PUBLIC$/.test(n.value) && /transfer/i.test(r.type))
        report({ ...hit, tier: 'high' });
      else if (name === 'directinternetaccess' && /^enabled$/i.test(n.value)) report({ ...hit, tier: 'high' });
      else if (name === 'value' && /^authorizednetworks$/.test(parent) && /^(?:0\.0\.0\.0\/0|::\/0)$/.test(n.value))
        report(hit);
      else if (
        /^(?:cidrblock|iprange|cidr)$/.test(name) &&
        /masterauthorized|authorizednetwork|cidrblocks/.test(parent) &&
        n.value === '0.0.0.0/0'
      )
        report(hit);
      else if (name === 'startipaddress' && n.value === '0.0.0.0' && /firewall/i.test(r.type)) report(hit);
      else if (name === 'ipv4enabled' && isTrue(n) && /sql_database/i.test(r.type)) report({ ...hit, tier: 'high' });
      else if (
        name === 'defaultaction' &&
        /^Allow$/.test(n.value) &&
        /network_?rules|networkacls|storage|key_?vault/i.test(parent + r.type)
      )
        report(hit);
    }
  },
  fix: switchBack('Keep it private'),
};
