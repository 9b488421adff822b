import { weighedByPlace } from './kit/besideTests.ts';
import { switchBack } from './kit/switchBack.ts';
import { codeLanguages, type Rule } from './rule.ts';

export const webProtectionOff: Rule = {
  id: 'web-protection-off',
  title: 'Protection of a web application switched off',
  tier: 'critical',
  category: 'security-control-disabled',
  languages: [...codeLanguages, 'yaml', 'properties', 'ini', 'toml', 'json', 'xml', 'dotenv'],
  references: ['CWE-352', 'CWE-1021', 'CWE-693', 'OWASP A05:2021'],
  why: 'The frameworks protect against request forgery, framing and script injection by default; this turns one of these off for real users.',
  remedy: 'leave it on and exempt the one endpoint that has another protection',
  keywords: [
    'limiter',
    'set_default_csrf_options',
    'view_config',
    'csrf_protection',
    'autoescaping',
    'mode_world_readable',
    'mode_world_writeable',
    'enablecsrfvalidation',
    'withoutmiddleware',
    'xss',
    'require_csrf',
    'csrf',
    'csrf_exempt',
    'wtf_csrf_enabled',
    'wtf_csrf_check_default',
    'skip_before_action',
    'protect_from_forgery',
    'frameoptions',
    'headers',
    'contentsecuritypolicy',
    'xssprotection',
    'helmet',
    'permitall',
    'anonymous',
    'allowanonymous',
    'ignoringantmatchers',
    'websecurity',
    'secure_ssl_redirect',
    'secure_content_type_nosniff',
    'contenttypeoptions',
    'hsts',
    'httpstricttransportsecurity',
    'validaterequest',
    'requestvalidationmode',
    'enableviewstatemac',
    'disable',
    'ignoreantiforgerytoken',
    'custom_errors',
    'contextisolation',
    'nodeintegration',
    'websecurity',
    'allowrunninginsecurecontent',
    'setjavascriptenabled',
    'usescleartexttraffic',
    'nsallowsarbitraryloads',
    'setallowfileaccess',
    'exposure',
    'ignoring',
    'enableremotemodule',
    'csrftokenrepository',
    'verify_authenticity_token',
    'csrfprotection',
    'permit',
    'skip_forgery_protection',
    'skip_authorization_check',
    'skip_load_and_authorize_resource',
    'allowed_hosts',
    'auth_password_validators',
    'xpack',
    'sessionfixation',
    'exported',
    'force_ssl',
    'default_protect_from_forgery',
    'allow_forgery_protection',
    'permit_all_parameters',
    'cookies_serializer',
    'default_headers',
    'hosts',
    'requestmapping',
    'disable_auto_escaping_policy',
    'setallowuniversalaccessfromfileurls',
    'setallowfileaccessfromfileurls',
    'security',
  ],
  yieldsTo: 'server-config-weak',
  check(source, tell) {
    const report = codeLanguages.includes(source.language) ? tell : weighedByPlace(source, tell);
    const { text } = source;
    for (const m of text.matchAll(
      /@csrf_exempt\b|\bcsrf_exempt\s*\(|\bWTF_CSRF_(?:ENABLED|CHECK_DEFAULT)\s*[=:]\s*['"]?(?:False|false|0)|["']WTF_CSRF_ENABLED["']\]\s*=\s*False|\bskip_before_action\s+:verify_authenticity_token|\bskip_before_action\s+:(?:authenticate|authorize|require_login|login_required|require_admin)\w*|^[ \t]*skip_(?:forgery_protection|authorization_check|load_and_authorize_resource|authorize_resource|after_action\s+:verify_authorized)\b|^ALLOWED_HOSTS\s*=\s*\[\s*["']\*["']|^AUTH_PASSWORD_VALIDATORS\s*=\s*\[\s*\]|\bprotect_from_forgery\s+(?:with:\s*:null_session\s*,\s*)?except\b|\.csrf\s*\(\s*\)\s*\.\s*disable\s*\(|\bcsrf\s*(?:\(\s*)?(?:\w+\s*->\s*\w+\.disable\(\)|AbstractHttpConfigurer::disable|CsrfConfigurer::disable)|\.frameOptions\s*\(\s*\)\s*\.\s*disable\s*\(|\.(?:headers|xssProtection|contentTypeOptions|httpStrictTransportSecurity|hsts)\s*\(\s*\)\s*\.\s*disable\s*\(|FrameOptionsConfig::disable|HeadersConfigurer::disable|\b(?:contentSecurityPolicy|frameguard|hsts|noSniff|xssFilter)\s*:\s*false\b|\bSECURE_(?:SSL_REDIRECT|CONTENT_TYPE_NOSNIFF|BROWSER_XSS_FILTER)\s*=\s*False|\bIgnoreAntiforgeryToken\b|\bvalidateRequest\s*=\s*["']?false|\brequestValidationMode\s*=\s*"2\.0"|\benableViewStateMac\s*=\s*"false"|\b(?:nodeIntegration|allowRunningInsecureContent|enableRemoteModule|webviewTag)\s*:\s*true\b|\b(?:contextIsolation|webSecurity)\s*:\s*false\b|android:usesCleartextTraffic\s*=\s*"true"|android:debuggable\s*=\s*"true"|NSAllowsArbitraryLoads<\/key>\s*<true|\.anyRequest\(\)\s*\.\s*permitAll\(\)|\bmanagement\.endpoints\.web\.exposure\.include\s*[=:]\s*["']?\*|\[AllowAnonymous\]|\b(?:disable_authentication|auth_enabled|authentication_enabled|security\.enabled|xpack\.security\.enabled|authorizationEnabled)\s*[:=]\s*["']?(?:false|no|0)\b(?<!disable_authentication\s*[:=]\s*["']?(?:false|no|0))|^[ \t]+csrf\s*=\s*False[ \t]*(?=#|$)|\bparams\.permit!|\bset_default_csrf_options\s*\([^)\n]{0,120}\b(?:require_csrf|check_origin)\s*=\s*False|\bview_config\s*\([^)]{0,300}\b(?:require_csrf|check_origin)\s*=\s*False|\b(?:csrf_protection|csrfProtection)['"]?\s*(?:=>|:|=)\s*false\b|['"]X-XSS-Protection['"]\s*,\s*['"]0['"]|\bautoEscaping\s*\(\s*false\s*\)|\bMODE_WORLD_(?:READABLE|WRITEABLE)\b|\$this->enableCsrfValidation\s*=\s*false|\bwithoutMiddleware\s*\([^)\n]{0,80}Csrf|\bsetAllow(?:UniversalAccessFromFileURLs|FileAccessFromFileURLs)\s*\(\s*true/gm,
    )) {
      const lineStart = text.lastIndexOf('\n', m.index) + 1;
      if (/^\s*(?:#|\/\/|\*|--)/.test(text.slice(lineStart, m.index))) continue;
      const high =
        /AllowAnonymous|ALLOWED_HOSTS|VALIDATORS|permit!|permitAll|csrf_exempt|MODE_WORLD|XSS|exposure|frameOptions|headers|xss/i.test(
          m[0],
        );
      report({ start: m.index, end: m.index + m[0].length, ...(high ? { tier: 'high' as const } : {}) });
    }
    // A limit on how often something is asked, taken off in part.
    if (codeLanguages.includes(source.language))
      for (const m of text.matchAll(
        /[lL]imiter(?:\s?\.\s?\w{1,40}){0,2}\s?\.\s?(?:exempt|clear|bypass|disable|reset|skip)(?:[A-Z_]\w{0,40})?(?=\s?\(|\s*$)/gm,
      ))
        if (!/\/\/|#|^\s*\*/.test(text.slice(text.lastIndexOf('\n', m.index) + 1, m.index).slice(0, 400)))
          report({
            start: m.index,
            end: m.index + m[0].length,
            key: `limit:${m[0].slice(-40)}`,
            tier: 'medium',
            message:
              'A limit on how often something is asked is taken off here: be sure that nobody can make this happen.',
          });
    // A mapping for all methods answers to GET, which no token protects.
    if (source.language === 'java' && text.includes('@RequestMapping'))
      for (const m of text.matchAll(
        /@RequestMapping(?:\((?![^)]{0,300}\bmethod\s*=)[^)]{0,300}\))?(?=\s+(?:@\w+(?:\([^()]{0,200}\))?\s+){0,4}(?:public|protected)\s+(?!(?:abstract\s+|final\s+)?(?:class|interface|record)\b)[\w<>[\],.? ]{1,120}\()/g,
      ))
        report({
          start: m.index,
          end: m.index + m[0].length,
          tier: 'medium',
          message: 'Mapping answers to every method, GET among them, which no token protects: name the methods.',
        });
    // Spring's actuator: these show settings, memory and logs to whoever asks.
    if ((source.language === 'yaml' || source.language === 'properties') && text.includes('exposure'))
      for (const m of text.matchAll(actuator)) {
        const start = m.index + Math.max(m[0].lastIndexOf('\n') + 1, 0);
        report({
          start,
          end: m.index + m[0].length,
          key: 'actuator',
          tier: 'high',
          message:
            'Settings, memory or logs of the application are shown to whoever asks: expose health and info alone.',
        });
      }
    // Part of an app that any other app may start; the one with the launcher's filter has to be.
    if (source.language === 'xml' && text.includes('android:exported'))
      for (const m of text.matchAll(/<(?:activity|service|receiver|provider)\b[^<>]{0,600}>/g))
        if (
          /android:exported\s*=\s*"true"/.test(m[0]) &&
          !/android:(?:read|write)?[pP]ermission\s*=/.test(m[0]) &&
          (m[0].endsWith('/>') ||
            !/^[^]{0,1500}?<\/(?:activity|service|receiver|provider)>/
              .exec(text.slice(m.index, m.index + 2000))?.[0]
              .includes('<intent-filter'))
        )
          report({
            start: m.index + m[0].indexOf('android:exported'),
            end: m.index + m[0].length,
            key: `exported:${/android:name\s*=\s*"([^"]{1,200})"/.exec(m[0])?.[1] ?? ''}`,
            tier: 'medium',
            message: 'Any other app may start this part: set exported to false, or ask for a permission.',
          });
    // What holds for a developer's machine says nothing of the others.
    if (source.language === 'ruby' && !/environments\/(?:development|test)/.test(source.path))
      for (const m of text.matchAll(ofRails)) {
        const hit = { start: m.index, end: m.index + m[0].length, tier: 'high' } as const;
        const cookies = /cookies_serializer\s*=\s*:(marshal|hybrid)/.exec(m[0])?.[1];
        // Who goes from marshal to hybrid makes it better: old cookies are read as before, new ones make no objects.
        report(cookies ? { ...hit, key: 'cookies make objects' } : hit);
        if (cookies === 'marshal') report({ ...hit, key: 'cookies are objects' });
      }
    for (const m of /^(?:java|kotlin|scala|groovy)$/.test(source.language) ? text.matchAll(ofJvm) : [])
      report({ start: m.index, end: m.index + m[0].length, tier: 'high' });
  },
  fix: switchBack('Leave the protection on'),
};

const actuator =
  /^[ \t]*management\.endpoints\.web\.exposure\.include[ \t]*[=:][^\n]{0,200}\b(?:env|heapdump|threaddump|shutdown|logfile|configprops|jolokia)\b|^[ \t]+exposure:[ \t]*\n[ \t]+include:(?:[ \t]*["']?\*["']?|[^\n]{0,200}\b(?:env|heapdump|threaddump|shutdown|logfile|configprops|jolokia)\b|[ \t]*\n(?:[ \t]+-[^\n]{0,60}\n){0,10}?[ \t]+-[ \t]*["']?(?:\*|(?:env|heapdump|threaddump|shutdown|logfile|configprops|jolokia)\b))/gm;

/** Settings of a Rails application. */
const ofRails =
  /^[ \t]*(?:\w+(?:::\w+)*\.(?:application\.)?)?(?:config\.)?(?:force_ssl\s*=\s*false|action_controller\.(?:(?:default_protect_from_forgery|allow_forgery_protection)\s*=\s*false|permit_all_parameters\s*=\s*true)|permit_all_parameters\s*=\s*true|action_dispatch\.(?:cookies_serializer\s*=\s*:(?:marshal|hybrid)|default_headers\.(?:delete|except)\s*\(?\s*["'](?:X-Frame-Options|X-Content-Type-Options|Content-Security-Policy)["']|default_headers\s*=\s*\{\s*\})|hosts\.clear\b)/gm;

/** The newer, nested forms of Spring Security, and what template engines and views of the JVM can switch off. */
const ofJvm =
  /\b(?:frameOptions|headers|contentTypeOptions|xssProtection|httpStrictTransportSecurity)\s*\(\s*\(?\w{1,40}\)?\s*->\s*\w{1,40}\.disable\(\)|\bsessionFixation\s*\(\s*(?:\)\s*\.\s*none\s*\(\)|\(?\w{1,40}\)?\s*->\s*\w{1,40}\.none\(\)|\w{1,60}::none)|\bDISABLE_AUTO_ESCAPING_POLICY\b|\bignoringRequestMatchers\s*\(\s*"\/\*\*"/g;
