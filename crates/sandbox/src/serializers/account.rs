//! The account, as webhooks name it.

use serde::Serialize;

use crate::error::ApiError;
use crate::store::{Transaction, accounts};

#[derive(Clone, Debug, Serialize)]
pub struct AccountName {
    id: i64,
    name: String,
}

pub fn account_name(tx: &Transaction<'_>, account_id: i64) -> Result<AccountName, ApiError> {
    let account = accounts::account(tx.db, account_id)?;
    Ok(AccountName { id: account.id, name: account.name })
}
