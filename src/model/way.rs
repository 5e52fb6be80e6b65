/// A step to a part of a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// The value of a key; keys that are patterns in their canonical form.
    Key(String),
    /// The item of a list with this text; patterns in their canonical form.
    Entry(String),
    /// The item of a list by its rank from 0.
    Item(usize),
}

impl Way {
    /// The step as text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Key(text) | Self::Entry(text) => text.clone(),
            Self::Item(at) => at.to_string(),
        }
    }
}
