/// The grok patterns that are built in: the general ones that most others are made of, under the
/// names they have everywhere. What they match is what their names say; the sets for single
/// products that otelcol has are not here.
enum GrokPatterns {
    static let standard: [String: String] = words.merging(network) { $1 }.merging(times) { $1 }
        .merging(logs) { $1 }

    private static let words = [
        "WORD": #"\b\w+\b"#,
        "NOTSPACE": #"\S+"#,
        "SPACE": #"\s*"#,
        "DATA": ".*?",
        "GREEDYDATA": ".*",
        "INT": "[+-]?[0-9]+",
        "NUMBER": "%{BASE10NUM}",
        "BASE10NUM": #"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"#,
        "BASE16NUM": "[+-]?(?:0x)?[0-9A-Fa-f]+",
        "BASE16FLOAT": #"[+-]?(?:0x)?[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?"#,
        "POSINT": #"\b[1-9][0-9]*\b"#,
        "NONNEGINT": #"\b[0-9]+\b"#,
        "BOOL": "(?:true|false)",
        "QUOTEDSTRING": #"(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"#,
        "QS": "%{QUOTEDSTRING}",
        "UUID": "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        "URN": #"urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:[0-9A-Za-z()+,.:=@;$_!*'/?#%-]+"#,
        "UNIXPATH": #"(?:/[\w_%!$@:.,+~-]*)+"#,
        "WINPATH": #"(?:[A-Za-z]:|\\)(?:\\[^\\?*]*)+"#,
        "PATH": "(?:%{UNIXPATH}|%{WINPATH})",
        "TTY": "/dev/(?:pts|tty[pq]?)/?[0-9]*",
    ]

    private static let network = [
        "IPV4": "(?:%{IPV4PART}[.]){3}%{IPV4PART}",
        "IPV4PART": "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])",
        // All of the forms of RFC 4291, and a few that have too many groups.
        "IPV6": "(?:(?:[0-9A-Fa-f]{0,4}:){2,7}(?:%{IPV4}|[0-9A-Fa-f]{0,4}))",
        "IP": "(?:%{IPV6}|%{IPV4})",
        "HOSTNAME": #"\b[0-9A-Za-z][0-9A-Za-z-]{0,62}(?:\.[0-9A-Za-z][0-9A-Za-z-]{0,62})*\.?"#,
        "IPORHOST": "(?:%{IP}|%{HOSTNAME})",
        "HOSTPORT": "%{IPORHOST}:%{POSINT}",
        "USERNAME": "[a-zA-Z0-9._-]+",
        "USER": "%{USERNAME}",
        "EMAILLOCALPART": "[a-zA-Z0-9!#$%&'*+/=?^_`{|}~.-]+",
        "EMAILADDRESS": "%{EMAILLOCALPART}@%{HOSTNAME}",
        "COMMONMAC": "(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}",
        "WINDOWSMAC": "(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}",
        "CISCOMAC": #"(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"#,
        "MAC": "(?:%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC})",
        "URIPROTO": "[A-Za-z][A-Za-z0-9+.-]*",
        "URIHOST": "%{IPORHOST}(?::%{POSINT})?",
        "URIPATH": "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+",
        "URIQUERY": #"[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\[\]-]*"#,
        "URIPARAM": #"\?%{URIQUERY}"#,
        "URIPATHPARAM": "%{URIPATH}(?:%{URIPARAM})?",
        "URI": "%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?",
    ]

    private static let times = [
        "MONTH":
            #"\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|"#
            + #"Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b"#,
        "MONTHNUM": "(?:0[1-9]|1[0-2])",
        "MONTHDAY": "(?:0[1-9]|[12][0-9]|3[01]|[1-9])",
        "DAY":
            #"\b(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|"#
            + #"Sat(?:urday)?|Sun(?:day)?)\b"#,
        "YEAR": "(?:[0-9]{4}|[0-9]{2})",
        "HOUR": "(?:2[0-3]|[01]?[0-9])",
        "MINUTE": "[0-5][0-9]",
        "SECOND": "(?:[0-5][0-9]|60)(?:[:.,][0-9]+)?",
        "TIME": "%{HOUR}:%{MINUTE}(?::%{SECOND})?",
        "DATE_US": "%{MONTHNUM}[/-]%{MONTHDAY}[/-]%{YEAR}",
        "DATE_EU": "%{MONTHDAY}[./-]%{MONTHNUM}[./-]%{YEAR}",
        "DATE": "(?:%{DATE_US}|%{DATE_EU})",
        "DATESTAMP": "%{DATE}[- ]%{TIME}",
        "TZ": "(?:[PMACE][SED]T|UTC|GMT)",
        "ISO8601_TIMEZONE": "(?:Z|[+-]%{HOUR}(?::?%{MINUTE})?)",
        "ISO8601_SECOND": "%{SECOND}",
        "TIMESTAMP_ISO8601":
            "%{YEAR}-%{MONTHNUM}-%{MONTHDAY}[T ]%{HOUR}:?%{MINUTE}(?::?%{SECOND})?"
            + "%{ISO8601_TIMEZONE}?",
        "DATESTAMP_RFC822": "%{DAY} %{MONTH} %{MONTHDAY} %{YEAR} %{TIME} %{TZ}",
        "DATESTAMP_RFC2822":
            "%{DAY}, %{MONTHDAY} %{MONTH} %{YEAR} %{TIME} %{ISO8601_TIMEZONE}",
        "DATESTAMP_OTHER": "%{DAY} %{MONTH} %{MONTHDAY} %{TIME} %{TZ} %{YEAR}",
        "DATESTAMP_EVENTLOG": "%{YEAR}%{MONTHNUM}%{MONTHDAY}%{HOUR}%{MINUTE}%{SECOND}",
        "SYSLOGTIMESTAMP": "%{MONTH} +%{MONTHDAY} %{TIME}",
        "HTTPDATE": "%{MONTHDAY}/%{MONTH}/%{YEAR}:%{TIME} %{INT}",
    ]

    private static let logs = [
        "LOGLEVEL":
            "(?i:alert|trace|debug|notice|info(?:rmation)?|warn(?:ing)?|err(?:or)?|"
            + "crit(?:ical)?|fatal|severe|emerg(?:ency)?)",
        "PROG": #"[!-Z\\^-~]+"#,
        "SYSLOGPROG": #"%{PROG}(?:\[[0-9]+\])?"#,
        "SYSLOGHOST": "%{IPORHOST}",
        "SYSLOGFACILITY": "<%{NONNEGINT}[.]%{NONNEGINT}>",
        "SYSLOGBASE":
            "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:host.hostname} "
            + "%{SYSLOGPROG}:",
        "COMMONAPACHELOG":
            #"%{IPORHOST:source.address} (?:-|%{USER}) (?:-|%{USER:user.name}) "#
            + #"\[%{HTTPDATE:timestamp}\] "(?:%{WORD:http.request.method} "#
            + #"%{NOTSPACE:url.original}(?: HTTP/%{NUMBER:http.version})?|%{DATA})" "#
            + #"(?:-|%{INT:http.response.status_code:int}) "#
            + #"(?:-|%{INT:http.response.body.bytes:int})"#,
        "COMBINEDAPACHELOG":
            #"%{COMMONAPACHELOG} "(?:-|%{DATA:http.request.referrer})" "#
            + #""(?:-|%{DATA:user_agent.original})""#,
    ]
}
