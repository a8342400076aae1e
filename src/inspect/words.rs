//! The words with which servers deny access, compared without case, spaces and punctuation.

/// What a page or a message says that denies access, as a whole.
const DENIALS: &[&str] = &[
    "401",
    "401unauthorized",
    "403",
    "403forbidden",
    "accessdenied",
    "accessforbidden",
    "accessisdenied",
    "accesstokenexpired",
    "accesstokenhasexpired",
    "accesstokeninvalid",
    "authenticationfailed",
    "authenticationisrequired",
    "authenticationrequired",
    "authorizationrequired",
    "authrequired",
    "badcredentials",
    "error401",
    "error401unauthorized",
    "error403",
    "error403forbidden",
    "expiredtoken",
    "forbidden",
    "http401unauthorized",
    "http403forbidden",
    "insufficientpermission",
    "insufficientpermissions",
    "insufficientprivileges",
    "insufficientscope",
    "invalidaccesstoken",
    "invalidapikey",
    "invalidauth",
    "invalidauthentication",
    "invalidauthorizationheader",
    "invalidcredentials",
    "invalidorexpiredtoken",
    "invalidtoken",
    "jwtexpired",
    "jwtmalformed",
    "loginrequired",
    "missingaccesstoken",
    "missingapikey",
    "missingauthorizationheader",
    "missingtoken",
    "noaccess",
    "nopermission",
    "notauthed",
    "notauthenticated",
    "notauthorised",
    "notauthorized",
    "notloggedin",
    "notokenprovided",
    "permissiondenied",
    "sessionexpired",
    "tokenexpired",
    "tokenhasexpired",
    "tokeninvalid",
    "tokenisexpired",
    "tokenisinvalid",
    "tokenmissing",
    "unauthenticated",
    "unauthorised",
    "unauthorized",
    "unauthorizedaccess",
];

/// How sentences begin that deny access to the reader.
const SENTENCES: &[&str] = &[
    "accessdeniedyou",
    "authenticationcredentialswerenotprovided",
    "forbiddenyou",
    "fullauthenticationisrequired",
    "nopermissionto",
    "notauthorizedto",
    "pleaselogin",
    "pleasesignin",
    "unauthorizedplease",
    "unauthorizedyou",
    "youarenotallowedto",
    "youarenotauthenticated",
    "youarenotauthorised",
    "youarenotauthorized",
    "youarenotloggedin",
    "youdonothaveaccess",
    "youdonothavepermission",
    "youdonothavethenecessarypermission",
    "youdonthaveaccess",
    "youdonthavepermission",
    "youmustbeloggedin",
    "youmustlogin",
    "youmustsignin",
    "youneedtobeloggedin",
    "youneedtologin",
    "youneedtosignin",
];

/// What only the caller's credentials can be meant by. A server says "Access denied" and "Permission denied"
/// also of its own access to a file or a database.
const OF_CALLER: &[&str] = &[
    "accesstokenexpired",
    "accesstokenhasexpired",
    "authenticationrequired",
    "expiredtoken",
    "invalidaccesstoken",
    "invalidauthorizationheader",
    "invalidcredentials",
    "invalidorexpiredtoken",
    "invalidtoken",
    "jwtexpired",
    "jwtmalformed",
    "loginrequired",
    "missingaccesstoken",
    "missingauthorizationheader",
    "missingtoken",
    "notauthenticated",
    "notloggedin",
    "notokenprovided",
    "sessionexpired",
    "signaturehasexpired",
    "tokenexpired",
    "tokenhasexpired",
    "tokeninvalid",
    "tokenisexpired",
    "tokenisinvalid",
    "tokenmissing",
    "unauthenticated",
    "unauthorised",
    "unauthorized",
];

/// How sentences begin that are about the caller's credentials.
const SENTENCES_TO_CALLER: &[&str] = &[
    "authenticationcredentialswerenotprovided",
    "fullauthenticationisrequired",
    "giventokennotvalid",
    "jwtexpiredat",
    "jwtsignaturedoesnotmatch",
    "noauthorizationtokenwasfound",
    "youarenotauthenticated",
    "youarenotloggedin",
    "youmustbeloggedin",
    "youneedtobeloggedin",
    "youneedtologin",
    "youneedtosignin",
];

/// The titles of pages that ask for a login.
const LOGINS: &[&str] = &[
    "login",
    "loginpage",
    "logintoyouraccount",
    "pleaselogin",
    "pleasesignin",
    "signin",
    "signintoyouraccount",
    "userlogin",
];

/// The longest text that is compared, in bytes.
const LONGEST: usize = 200;

/// Whether the text denies access, as a whole or by how it begins.
pub(super) fn denies(text: &str) -> bool {
    squashed(text).is_some_and(|text| {
        DENIALS.contains(&&text[..]) || SENTENCES.iter().any(|start| text.starts_with(start))
    })
}

/// Whether the text is about the caller's credentials, and not about those of the server.
pub(super) fn is_about_caller(text: &str) -> bool {
    squashed(text).is_some_and(|text| {
        OF_CALLER.contains(&&text[..])
            || SENTENCES_TO_CALLER.iter().any(|start| text.starts_with(start))
    })
}

/// Whether the text is the title of a page that asks for a login.
pub(super) fn is_login(text: &str) -> bool {
    squashed(text).is_some_and(|text| LOGINS.contains(&&text[..]))
}

/// The letters and digits of a text, in lower case; `None` if it has none, or is longer than a message.
pub(super) fn squashed(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let text: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    (!text.is_empty()).then(|| text.to_lowercase())
}
