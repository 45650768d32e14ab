//! Validation of contacts, with the recorded messages.

use serde_json::Value;

use crate::error::ApiError;
use crate::model::Contact;

/// Characters of a contact's name, e-mail address, phone number, identifier or source_id.
pub const LENGTH_MAX: usize = 255;

/// An error if a field of the contact is not valid.
pub fn validate(contact: &Contact) -> Result<(), ApiError> {
    let texts =
        [Some(&contact.name), contact.email.as_ref(), contact.phone_number.as_ref(), contact.identifier.as_ref()];
    let has_nul = texts.into_iter().flatten().any(|text| text.contains('\0'))
        || Value::from(contact.custom_attributes.clone()).to_string().contains("\\u0000");
    if has_nul {
        return Err(ApiError::internal("the server's database takes no NUL byte"));
    }
    check_length("name", "Name", Some(&contact.name))?;
    check_length("email", "Email", contact.email.as_ref())?;
    check_length("phone_number", "Phone number", contact.phone_number.as_ref())?;
    check_length("identifier", "Identifier", contact.identifier.as_ref())?;
    if !contact.email.as_deref().is_none_or(is_email) {
        return Err(ApiError::validation("email", "Email Invalid email"));
    }
    if !contact.phone_number.as_deref().is_none_or(|number| number.is_empty() || is_e164(number)) {
        return Err(ApiError::validation("phone_number", "Phone number should be in e164 format"));
    }
    Ok(())
}

/// An error, about this attribute, if the value is too long. `label` is its name in the message.
pub fn check_length(attribute: &'static str, label: &str, value: Option<&String>) -> Result<(), ApiError> {
    if value.is_some_and(|value| value.chars().count() > LENGTH_MAX) {
        return Err(ApiError::validation(
            attribute,
            format!("{label} is too long (maximum is {LENGTH_MAX} characters)"),
        ));
    }
    Ok(())
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_phone_numbers_are_e164() {
        assert!(is_e164("+14155550101"));
        for bad in ["12345", "+", "+0123", "+1415555010112345", "+1 415"] {
            assert!(!is_e164(bad), "{bad}");
        }
    }
}
