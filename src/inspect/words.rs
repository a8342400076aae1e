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
    "authorizationfailed",
    "authorizationrequired",
    "authrequired",
    "badcredentials",
    "badtoken",
    "error401",
    "error401unauthorized",
    "error403",
    "error403forbidden",
    "expiredtoken",
    "forbidden",
    "http401unauthorized",
    "http403forbidden",
    "incorrectauthenticationcredentials",
    "insufficientpermission",
    "insufficientpermissions",
    "insufficientprivileges",
    "insufficientrights",
    "insufficientscope",
    "invalidaccesstoken",
    "invalidapikey",
    "invalidauth",
    "invalidauthentication",
    "invalidauthorizationheader",
    "invalidcredentials",
    "invalidorexpiredtoken",
    "invalidpassword",
    "invalidtoken",
    "invalidusernameorpassword",
    "invalidusernamepassword",
    "jwtexpired",
    "jwtmalformed",
    "loginrequired",
    "missingaccesstoken",
    "missingapikey",
    "missingauthenticationtoken",
    "missingauthorization",
    "missingauthorizationheader",
    "missingcredentials",
    "missingtoken",
    "noaccess",
    "noauthorizationheader",
    "nocredentials",
    "nopermission",
    "notauthed",
    "notauthenticated",
    "notauthorised",
    "notauthorized",
    "notloggedin",
    "notoken",
    "notokenprovided",
    "permissiondenied",
    "sessionexpired",
    "sessionhasexpired",
    "tokenexpired",
    "tokenhasexpired",
    "tokeninvalid",
    "tokenisexpired",
    "tokenisinvalid",
    "tokenmissing",
    "unauthenticated",
    "unauthenticatedrequest",
    "unauthorised",
    "unauthorized",
    "unauthorizedaccess",
    "unauthorizedrequest",
    "wrongpassword",
    "wrongtoken",
    "yoursessionhasexpired",
];

/// How sentences begin that deny access to the reader.
const SENTENCES: &[&str] = &[
    "accessdeniedyou",
    "authenticationcredentialswerenotprovided",
    "authorizationhasbeendeniedforthisrequest",
    "forbiddenyou",
    "fullauthenticationisrequired",
    "invalidtokenorexpired",
    "nopermissionto",
    "notauthorizedto",
    "pleaselogin",
    "pleasesignin",
    "theaccesstokenexpired",
    "theaccesstokenhasexpired",
    "theaccesstokenisinvalid",
    "thetokenhasexpired",
    "thisactionisunauthorized",
    "tokenisinvalidorexpired",
    "unauthorizedplease",
    "unauthorizedyou",
    "userdoesnothavepermission",
    "userisnotauthorized",
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
    "badtoken",
    "expiredtoken",
    "incorrectauthenticationcredentials",
    "invalidaccesstoken",
    "invalidauthorizationheader",
    "invalidcredentials",
    "invalidorexpiredtoken",
    "invalidpassword",
    "invalidtoken",
    "invalidusernameorpassword",
    "invalidusernamepassword",
    "jwtexpired",
    "jwtmalformed",
    "loginrequired",
    "missingaccesstoken",
    "missingauthenticationtoken",
    "missingauthorization",
    "missingauthorizationheader",
    "missingtoken",
    "noauthorizationheader",
    "notauthenticated",
    "notloggedin",
    "notoken",
    "notokenprovided",
    "sessionexpired",
    "sessionhasexpired",
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
    "unauthorizedrequest",
    "wrongpassword",
    "wrongtoken",
    "yoursessionhasexpired",
];

/// How sentences begin that are about the caller's credentials.
const SENTENCES_TO_CALLER: &[&str] = &[
    "authenticationcredentialswerenotprovided",
    "authorizationhasbeendeniedforthisrequest",
    "fullauthenticationisrequired",
    "giventokennotvalid",
    "jwtexpiredat",
    "jwtsignaturedoesnotmatch",
    "noauthorizationtokenwasfound",
    "theaccesstokenexpired",
    "thetokenhasexpired",
    "tokenisinvalidorexpired",
    "youarenotauthenticated",
    "youarenotloggedin",
    "youmustbeloggedin",
    "youneedtobeloggedin",
    "youneedtologin",
    "youneedtosignin",
];

/// What only a missing credential can be meant by. A server that passes on what another one has told it says
/// "Unauthorized" of credentials of its own.
const OF_ABSENCE: &[&str] = &[
    "authenticationrequired",
    "loginrequired",
    "missingaccesstoken",
    "missingauthenticationtoken",
    "missingauthorization",
    "missingauthorizationheader",
    "missingtoken",
    "noauthorizationheader",
    "notloggedin",
    "notoken",
    "notokenprovided",
    "tokenmissing",
];

/// How sentences begin that say that the caller has sent no credentials.
const SENTENCES_OF_ABSENCE: &[&str] = &[
    "authenticationcredentialswerenotprovided",
    "fullauthenticationisrequired",
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

/// Whether the text says that the caller has sent no credentials.
pub(super) fn is_about_absence(text: &str) -> bool {
    squashed(text).is_some_and(|text| {
        OF_ABSENCE.contains(&&text[..])
            || SENTENCES_OF_ABSENCE.iter().any(|start| text.starts_with(start))
    })
}

/// How such titles begin, with the name of the site behind it.
const LOGINS_TO: [&str; 4] = ["log in to ", "login to ", "log on to ", "sign in to "];

/// Whether the text is the title of a page that asks for a login, if the page has an input for a password.
pub(super) fn is_login(text: &str) -> bool {
    let lower = text.to_lowercase();
    squashed(text).is_some_and(|text| LOGINS.contains(&&text[..]))
        || LOGINS_TO.iter().any(|start| lower.starts_with(start))
}

/// The letters and digits of a text, in lower case; `None` if it has none, or is longer than a message.
pub(super) fn squashed(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let text: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
    (!text.is_empty()).then(|| text.to_lowercase())
}
