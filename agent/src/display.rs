//! Errors, as their readers see them.

use core::{error, fmt};

use crate::command::CommandError;
use crate::error::Error;
use crate::wire::EncodeError;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "the agent is running already",
            Self::Transport(kind) => return write!(f, "the transport failed: {kind}"),
            Self::Closed => "the server closed the connection",
            Self::Refused(code) => return write!(f, "the server refused the connection: {code:?}"),
            Self::Protocol => "the server broke the protocol",
            Self::NoRoom => "the server sent too many messages at a time",
            Self::Stopped => "the agent was stopped",
            Self::PayloadEnded => "a payload ended early",
            Self::Timeout => "the server did not answer in time",
        })
    }
}

impl error::Error for Error {}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invalid(error) => return write!(f, "invalid arguments: {error}"),
            Self::QueueFull => "all slots are taken",
            Self::ConnectionLost => "the connection was lost",
            Self::SessionLost => "the session was lost",
            Self::Stopped => "the agent was stopped",
            Self::PayloadEnded => "the payload ended early",
        })
    }
}

impl error::Error for CommandError {}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the packet is too large",
            Self::FieldTooLong => "a field is longer than 65,535 bytes",
            Self::NullCharacter => "a string contains U+0000",
            Self::InvalidTopicName => "invalid topic name",
            Self::InvalidTopicFilter => "invalid topic filter",
            Self::EmptyList => "a list is empty",
            Self::MisplacedProperty => "a property is out of place",
            Self::RepeatedProperty => "a property is repeated",
            Self::MissingProperty => "a property is missing",
            Self::Contradiction => "two fields contradict one another",
        })
    }
}

impl error::Error for EncodeError {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;

    use super::*;
    use crate::error::ErrorKind;
    use crate::wire::ConnectReturnCode;

    #[test]
    fn errors_as_texts() {
        let errors: [(&dyn error::Error, &str); 5] = [
            (&Error::Transport(ErrorKind::BrokenPipe), "the transport failed: BrokenPipe"),
            (
                &Error::Refused(ConnectReturnCode::ServerUnavailable),
                "the server refused the connection: ServerUnavailable",
            ),
            (&Error::Timeout, "the server did not answer in time"),
            (&CommandError::Invalid(EncodeError::InvalidTopicName), "invalid arguments: invalid topic name"),
            (&CommandError::QueueFull, "all slots are taken"),
        ];
        for (error, text) in errors {
            assert_eq!(error.to_string(), text);
            assert!(error.source().is_none());
        }
    }
}
