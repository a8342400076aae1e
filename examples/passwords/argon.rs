//! Argon2id in memory that is reused, where `PasswordHasher` would allocate it for each password.

use argon2::password_hash::Error;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};

use crate::hashing::Memory;

/// The parameters that OWASP recommends: 19 MiB, two passes.
/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>
pub fn recommended() -> Result<Params, argon2::Error> {
    Params::new(19_456, 2, 1, None)
}

/// Hashes a password with a new salt, as a PHC string.
pub fn hash(params: &Params, memory: &mut Memory, password: &[u8]) -> Result<String, Error> {
    let mut salt = [0; argon2::RECOMMENDED_SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_| Error::Crypto)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let blocks = memory.blocks(params.block_count());
    argon2.hash_password_into_with_memory(password, &salt, &mut output, blocks)?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params)?,
        salt: Some(Salt::new(&salt)?),
        hash: Some(Output::new(&output)?),
    };
    Ok(hash.to_string())
}

/// Compares a password with a hash, using the parameters of the hash.
///
/// # Errors
///
/// [`Error::PasswordInvalid`] if it is another password; any other if the hash is not one of argon2.
pub fn verify(memory: &mut Memory, password: &[u8], hash: &str) -> Result<(), Error> {
    let hash = PasswordHash::new(hash)?;
    let (Some(salt), Some(expected)) = (&hash.salt, &hash.hash) else {
        return Err(Error::EncodingInvalid);
    };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
    let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&hash)?);
    let mut output = [0; Output::MAX_LENGTH];
    let output = &mut output[..expected.len()];
    let blocks = memory.blocks(argon2.params().block_count());
    argon2.hash_password_into_with_memory(password, salt, output, blocks)?;
    // `Output` is compared in constant time.
    if Output::new(output)? == *expected { Ok(()) } else { Err(Error::PasswordInvalid) }
}
