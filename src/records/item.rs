use std::fmt;

use super::Record;

/// A form in which agents' calls are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Form {
    /// Records as policyc writes and documents them, one a line.
    Native,
    /// OpenTelemetry spans of tool executions: OTLP/JSON, Tempo's and Jaeger's exports.
    Otel,
    /// Messages and answers of OpenAI's Chat Completions, streamed ones among them.
    OpenAiChat,
    /// Items and answers of OpenAI's Responses, streamed ones among them.
    OpenAiResponses,
    /// Messages and answers of Anthropic's Messages, streamed ones among them.
    Anthropic,
    /// Transcripts of Claude Code, one message a line.
    ClaudeCode,
    /// What Claude Code hands to its hooks, one event a line.
    ClaudeCodeHook,
    /// JSON-RPC messages of the Model Context Protocol, one a line, bare or wrapped.
    Mcp,
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 8] = [
        Self::Native,
        Self::Otel,
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::Anthropic,
        Self::ClaudeCode,
        Self::ClaudeCodeHook,
        Self::Mcp,
    ];

    /// The name, as people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Otel => "otel",
            Self::OpenAiChat => "openai-chat",
            Self::OpenAiResponses => "openai-responses",
            Self::Anthropic => "anthropic",
            Self::ClaudeCode => "claude-code",
            Self::ClaudeCodeHook => "claude-code-hook",
            Self::Mcp => "mcp",
        }
    }

    /// The form of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where something stands in a log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The line, from 1; of a document, the one it begins on.
    pub line: usize,
    /// The part of a document, such as `messages[2].tool_calls[0]`; `None`: the whole line or document.
    pub part: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.part {
            None => write!(f, "line {}", self.line),
            Some(part) => write!(f, "line {}, {part}", self.line),
        }
    }
}

/// What stands at a place of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Where.
    pub place: Place,
    /// What.
    pub found: Found,
}

/// What was found at a place of a log.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A call.
    Record(Box<Record>),
    /// A call that an earlier place told already: the history in front of a later request, or a line written twice.
    Repeated,
    /// What cannot be read, and why.
    Unreadable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_forms_are_those_that_mappings_may_not_bear() {
        assert_eq!(Form::ALL.map(Form::name), crate::model::FORMS);
    }
}
