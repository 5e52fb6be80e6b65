use super::ObjectId;

/// Who did something, as Git has it: nobody vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The address, as written.
    pub email: String,
    /// When, in Unix seconds; orders nothing.
    pub time: i64,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its name.
    pub id: ObjectId,
    /// Its folder.
    pub tree: ObjectId,
    /// What it follows, the first parent first.
    pub parents: Vec<ObjectId>,
    /// Who wrote it.
    pub author: Person,
    /// Who made the commit.
    pub committer: Person,
    /// What it says.
    pub message: String,
}

impl Commit {
    /// The first line of the message.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// Reads a commit as Git stores it; `None` where it is not of that form.
    pub(super) fn read(id: ObjectId, data: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(data);
        let (header, message) = text.split_once("\n\n").unwrap_or((text.trim_end_matches('\n'), ""));
        let links = links(data)?;
        // A line that goes on begins with a blank, so no line of a signature looks like one of these.
        let field = |name: &str| header.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Some(Self {
            id,
            tree: links.tree,
            parents: links.parents,
            author: person(field("author")?)?,
            committer: person(field("committer")?)?,
            message: message.to_owned(),
        })
    }
}

/// What a commit leads to.
pub(super) struct Links {
    pub tree: ObjectId,
    pub parents: Vec<ObjectId>,
}

/// The first lines of a commit as Git stores it: one `tree`, then every `parent`.
pub(super) fn links(data: &[u8]) -> Option<Links> {
    let mut lines = data.split(|byte| *byte == b'\n');
    let tree = ObjectId::of_hex(lines.next()?.strip_prefix(b"tree ")?)?;
    let parents = lines.map_while(|line| line.strip_prefix(b"parent ")).map(ObjectId::of_hex);
    Some(Links { tree, parents: parents.collect::<Option<_>>()? })
}

/// `Name <address> seconds zone`.
fn person(line: &str) -> Option<Person> {
    // The address ends where Git lets it end, whatever else is written behind it.
    let (name, rest) = line.split_once('<')?;
    let (email, _) = rest.split_once('>')?;
    let (_, after) = line.rsplit_once('>')?;
    let time = after.split_whitespace().next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
    Some(Person { name: name.trim().to_owned(), email: email.trim().to_owned(), time })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_with_a_signature_and_two_parents_is_read() {
        let id = ObjectId::parse(&"1".repeat(40)).unwrap();
        let (tree, first, second) = ("a".repeat(40), "b".repeat(40), "c".repeat(40));
        let data = format!(
            "tree {tree}\nparent {first}\nparent {second}\nauthor A  B <a@x> 12 +0100\ncommitter C <> x\ngpgsig -----BEGIN\n author Evil <e@x> 1 +0000\n\nTitle\n\nBody\n"
        );
        let commit = Commit::read(id, data.as_bytes()).unwrap();
        assert_eq!(commit.parents.iter().map(ToString::to_string).collect::<Vec<_>>(), [first, second]);
        assert_eq!(commit.author, Person { name: "A  B".into(), email: "a@x".into(), time: 12 });
        assert_eq!(commit.committer, Person { name: "C".into(), email: String::new(), time: 0 });
        assert_eq!((commit.subject(), commit.message.as_str()), ("Title", "Title\n\nBody\n"));
        assert_eq!(Commit::read(id, b"tree 12\n\n"), None);
    }
}
