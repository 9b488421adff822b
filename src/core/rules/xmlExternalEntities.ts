import { code, type Code } from './kit/code.ts';
import { wholeText } from './kit/taint.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const xmlExternalEntities: Rule = {
  id: 'xml-external-entities',
  title: 'XML parser may follow external entities',
  tier: 'high',
  category: 'injection',
  languages: codeLanguages,
  references: ['CWE-611', 'CWE-776', 'OWASP A05:2021'],
  why: 'A document can name files and addresses that the parser then reads and puts into the result; the defaults of these parsers allow it (or allow entity bombs).',
  remedy: 'forbid document type declarations (or use a hardened parser)',
  keywords: [
    'ondoctype',
    'doctype',
    'tojson',
    'xmlparsenoent',
    'xmldecoder',
    'xml2json',
    'parser',
    'xmlparsedtdload',
    'parseoptionnoent',
    'parseoptiondtdload',
    'libxml_dtdload',
    'documentbuilderfactory',
    'saxparserfactory',
    'xmlreader',
    'xmlinputfactory',
    'transformerfactory',
    'schemafactory',
    'saxbuilder',
    'saxreader',
    'newdocumentbuilder',
    'newsaxparser',
    'unmarshaller',
    'setfeature',
    'xml',
    'lxml',
    'elementtree',
    'minidom',
    'sax',
    'pulldom',
    'expatbuilder',
    'xmlrpc',
    'libxml_noent',
    'simplexml_load_string',
    'loadxml',
    'xmltextreader',
    'dtdprocessing',
    'xmlresolver',
    'noent',
    'parsexml',
    'parsexmlstring',
    'resolve_entities',
    'prohibitdtd',
    'xmldocument',
    'nokogiri',
    'expat',
    'setproperty',
    'setexpandentityreferences',
    'libxml_disable_entity_loader',
  ],
  check(source, report) {
    const c = code(source);
    const lang = source.language;
    const { text } = source;
    if (/^(?:java|kotlin|scala|groovy)$/.test(lang)) {
      for (const call of c.facts.calls) {
        const hit = { start: call.start, end: call.end };
        const args = call.args.map((a) => c.text(a)).join(',');
        if (
          call.name === 'setFeature' &&
          /disallow-doctype-decl"?\s*,\s*false|external-(?:general|parameter)-entities"?\s*,\s*true|load-external-dtd"?\s*,\s*true|FEATURE_SECURE_PROCESSING\s*,\s*false/.test(
            args,
          )
        )
          report({ ...hit, key: args });
        else if (
          call.name === 'setProperty' &&
          /(?:SUPPORT_DTD|IS_SUPPORTING_EXTERNAL_ENTITIES|supportDTD"?|isSupportingExternalEntities"?)\s*,\s*(?:Boolean\.)?true/i.test(
            args,
          )
        )
          report({ ...hit, key: args });
        else if (
          /^(?:newDocumentBuilder|newSAXParser|createXMLStreamReader|createXMLEventReader|newTransformer|newSchema|newXMLFilter)$/.test(
            call.name,
          )
        ) {
          const owner = call.callee.split('.').slice(0, -1).join('.');
          const variable = owner.split('.').at(-1) ?? '';
          const made = c.facts.valuesOf(variable, call.open);
          const bare =
            /^(?:javax\.\S+\.)?(?:DocumentBuilderFactory|SAXParserFactory|XMLInputFactory|TransformerFactory|SchemaFactory)\.new(?:Default)?(?:NS)?(?:Instance|Factory)\(\)/;
          const creates = (t: string): boolean =>
            /(?:DocumentBuilderFactory|SAXParserFactory|XMLInputFactory|TransformerFactory|SchemaFactory)\.new\w*\(/.test(
              t,
            ) && !/Secure|Hardened|Safe/.test(t);
          const direct =
            bare.test(text.slice(call.start, call.end)) ||
            /(?:DocumentBuilderFactory|SAXParserFactory|TransformerFactory)\.newInstance\(\)?\.new/.test(call.callee);
          if (!direct && made.length > 0 && !made.some((a) => creates(c.text(a)))) continue;
          if (
            !direct &&
            made.length === 0 &&
            !new RegExp(
              `\\b(?:DocumentBuilderFactory|SAXParserFactory|XMLInputFactory|TransformerFactory|SchemaFactory)\\s+${variable.replace(/[^\w]/g, '')}\\b`,
            ).test(text)
          )
            continue;
          if (/^(?:newTransformer|newSchema|createXML\w+)$/.test(call.name) && !direct && made.length === 0) continue;
          // A feature set on that variable in the same function (or where it is made) protects it.
          const secured = (offset: number): boolean => {
            const near = c.around(offset, 14, 0);
            return (
              new RegExp(
                `\\b${variable.replace(/[^\w]/g, '')}\\s*\\.\\s*(?:setFeature\\s*\\([^;]{0,400}(?:disallow-doctype-decl"?\\s*,\\s*true|external-(?:general|parameter)-entities"?\\s*,\\s*false|FEATURE_SECURE_PROCESSING\\s*,\\s*true)|setAttribute\\s*\\([^;]{0,400}ACCESS_EXTERNAL|setProperty\\s*\\([^;]{0,400}(?:SUPPORT_DTD|ACCESS_EXTERNAL|SUPPORTING_EXTERNAL|supportDTD|isSupportingExternalEntities|accessExternal)|setExpandEntityReferences\\s*\\(\\s*false|setXMLResolver)`,
              ).test(near) || hardenedField(c, variable, call.open)
            );
          };
          if (!direct && secured(call.start)) continue;
          report({ ...hit, key: `${call.callee}#${made.length > 0 ? lineText(source, call.start) : ''}` });
        } else if (call.isNew && /^(?:SAXBuilder|SAXReader)$/.test(call.name) && !source.has(/disallow-doctype-decl/))
          report(hit);
        else if (call.isNew && call.name === 'XMLDecoder' && call.args[0] && !c.isConstant(call.args[0]))
          report({ ...hit, message: 'XMLDecoder builds any object a document names: use a parser for data.' });
        else if (call.callee.endsWith('XMLReaderFactory.createXMLReader') && !source.has(/disallow-doctype-decl/))
          report(hit);
      }
      return;
    }
    if (lang === 'python') {
      if (source.has(/defusedxml/) && !source.has(/^[ \t]*(?:import xml\b|from xml\b|import xml\.)/m)) return;
      for (const m of text.matchAll(
        /^[ \t]*(?:import\s+xml(?:\.(?:etree(?:\.\w+)?|sax|dom(?:\.\w+)?))?|from\s+xml(?:\.\w+)*\s+import\s+[^\n]+|import\s+xmlrpc(?:lib)?[^\n]{0,400}|from\s+xmlrpc[^\n]{0,400})/gm,
      )) {
        if (
          /saxutils|import\s+xml\.etree\.ElementTree as ET$/.test(m[0]) &&
          !source.has(/\.(?:parse|fromstring|iterparse|XMLParser|XML)\(/)
        )
          continue;
        if (/saxutils/.test(m[0])) continue;
        if (
          !source.has(
            /\b(?:parse|parseString|fromstring|iterparse|XMLParser|make_parser|XML|ServerProxy|SimpleXMLRPCServer|xmlrpc\w*)\s*\(|^[ \t]*import xml\s*$/m,
          )
        )
          continue;
        const start = m.index + m[0].length - m[0].trimStart().length;
        report({
          start,
          end: m.index + m[0].length,
          message: "Python's own XML parsers are open to entity bombs: use defusedxml.",
        });
      }
      for (const call of c.facts.calls) {
        const resolve = c.named(call, 'resolve_entities');
        if (/(?:^|\.)XMLParser$/.test(call.callee) && resolve && /True/.test(c.text(resolve)))
          report({ start: call.start, end: call.end });
        else if (
          /^(?:lxml\.)?etree\.(?:parse|fromstring|XMLParser|iterparse|XML)$/.test(call.callee) &&
          source.has(/\blxml\b/) &&
          !(resolve && /False/.test(c.text(resolve))) &&
          !source.has(/resolve_entities\s*=\s*False|defusedxml/) &&
          call.args.some((a) => !c.isConstant(a))
        )
          report({ start: call.start, end: call.end });
        else if (
          /^(?:ET|ElementTree|xml\.etree\.ElementTree|cElementTree|minidom|xml\.dom\.minidom|pulldom|xml\.dom\.pulldom|xml\.sax)\.(?:parse|parseString|fromstring|iterparse|XMLParser|XML)$/.test(
            call.callee,
          ) &&
          call.args[0] &&
          !c.isConstant(call.args[0]) &&
          !source.has(/defusedxml/)
        )
          report({
            start: call.start,
            end: call.end,
            message: "Python's own XML parsers are open to entity bombs: use defusedxml.",
          });
      }
      return;
    }
    if (lang === 'c-sharp') {
      for (const a of c.facts.assignments)
        if (
          (a.name === 'DtdProcessing' && /DtdProcessing\.Parse/.test(c.text(a))) ||
          (a.name === 'ProhibitDtd' && c.text(a) === 'false') ||
          (a.name === 'XmlResolver' && /new\s+Xml(?:Url|Secure)?Resolver/.test(c.text(a)))
        )
          report({ start: a.start, end: a.end });
      return;
    }
    if (lang === 'php') {
      for (const call of c.facts.calls)
        if (
          /LIBXML_NOENT|LIBXML_DTDLOAD/.test(c.text({ from: call.open, to: call.close + 1 })) ||
          (/^(?:loadXML|loadHTML|load|XML|open|SimpleXMLElement|simplexml_load_(?:string|file))$/.test(call.name) &&
            call.args.some((a) => a.to - a.from <= 2 && /LIBXML_NOENT|LIBXML_DTDLOAD/.test(wholeText(c, a)))) ||
          (call.name === 'libxml_disable_entity_loader' && /false/i.test(c.text(call.args[0])))
        )
          report({ start: call.start, end: call.end });
      return;
    }
    if (/^(?:javascript|typescript|tsx)$/.test(lang)) {
      for (const call of c.facts.calls) {
        const first = call.args[0];
        if (!first || c.isConstant(first)) continue;
        const expat =
          source.has(/node-expat/) &&
          /(?:^|\.)(?:parse|write|end)$/.test(call.callee) &&
          (/expat|[pP]arser/.test(call.callee) ||
            c.facts.valuesOf(call.callee.split('.')[0]!, call.open).some((a) => /Parser\s*\(/.test(c.text(a))));
        const toJson = source.has(/xml2json/) && call.name === 'toJson';
        if (expat || toJson) report({ start: call.start, end: call.end });
      }
      if (source.has(/\bsax\b/))
        for (const a of c.facts.assignments)
          if (/^(?:ondoctype|onDoctype)$/.test(a.name)) report({ start: a.start, end: a.end });
      for (const call of c.facts.callsNamed('on'))
        if (source.has(/['"]sax['"]/) && c.facts.literal(call.args[0]) === 'doctype')
          report({ start: call.start, end: call.end });
    }
    if (lang === 'go')
      for (const m of text.matchAll(
        /\b(?:parser|libxml2|xml)\.(?:XMLParseNoEnt|XMLParseDTDLoad|ParseOptionNoEnt|ParseOptionDTDLoad|XML_PARSE_NOENT)\b/g,
      ))
        report({ start: m.index, end: m.index + m[0].length });
    for (const a of c.facts.assignments)
      if (a.name === 'noent' && c.text(a) === 'true') report({ start: a.start, end: a.end });
    if (lang === 'ruby')
      for (const m of text.matchAll(/\b(?:config\.)?noent\b|Nokogiri::XML::ParseOptions::NOENT/g))
        report({ start: m.index, end: m.index + m[0].length });
  },
};

const lineText = (source: { lineAt(o: number): number; lines: readonly string[] }, offset: number): string =>
  (source.lines[source.lineAt(offset) - 1] ?? '').trim();

/** A field that some other place in the class hardens: `factory.setFeature(…disallow-doctype-decl, true)` in a static block. */
function hardenedField(c: Code, variable: string, at: number): boolean {
  if (variable === '' || hasLocal(c, variable, at)) return false;
  for (const call of c.facts.callsNamed('setFeature', 'setAttribute', 'setProperty')) {
    if (call.callee.split('.').at(-2) !== variable || hasLocal(c, variable, call.open)) continue;
    if (classAround(c, call.open) !== classAround(c, at)) continue;
    if (
      /disallow-doctype-decl"?\s*,\s*true|external-general-entities"?\s*,\s*false|ACCESS_EXTERNAL|(?:SUPPORT_DTD|SUPPORTING_EXTERNAL_ENTITIES|supportDTD"?|isSupportingExternalEntities"?)\s*,\s*(?:Boolean\.)?false/i.test(
        c.text({ from: call.open, to: call.close + 1 }),
      )
    )
      return true;
  }
  return false;
}

/** Whether the function around a token gives the name a value of its own. */
const hasLocal = (c: Code, name: string, token: number): boolean =>
  c.facts.scopeAt(token) > 0 &&
  c.facts.valuesOf(name, token).some((a) => c.facts.scopeAt(a.from) === c.facts.scopeAt(token));

/** Token of the brace that opens the innermost class around a token, -1 outside of any. */
function classAround(c: Code, token: number): number {
  const { tokens, match } = c.facts;
  for (let i = token - 1; i >= 0; i--) {
    if (tokens[i]!.text !== '{' || tokens[i]!.kind !== 'op' || match[i]! < token) continue;
    for (let k = i - 1; k >= 0 && i - k < 24; k--) {
      const t = tokens[k]!;
      if (t.kind === 'id' && (t.text === 'class' || t.text === 'object' || t.text === 'enum')) return i;
      if (t.text === ';' || t.text === '}' || t.text === '{' || t.text === ')') break;
    }
  }
  return -1;
}
