//! The account, where others name it.

use serde::Serialize;

use crate::refusal::Refusal;
use crate::store::{Turn, accounts};

#[derive(Clone, Debug, Serialize)]
pub struct AccountName {
    id: i64,
    name: String,
}

pub fn account_name(turn: &Turn<'_>, account_id: i64) -> Result<AccountName, Refusal> {
    let account = accounts::account(turn.db, account_id)?;
    Ok(AccountName { id: account.id, name: account.name })
}
