//! A forge, or another API, on this machine: says over a real socket what it was given to say, and remembers what it was asked.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

/// What was asked.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method and path with its query.
    pub line: String,
    /// Names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

/// What is answered: `{base}` in headers and texts is the address of the server.
#[derive(Debug, Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// How long the body is said to be, where that is not true.
    length: Option<usize>,
    /// How long it takes before anything is said.
    before: Duration,
    /// How long it takes from one byte of the body to the next.
    between: Duration,
}

pub fn says(status: u16, body: &Value) -> Reply {
    raw(status, body.to_string())
}

pub fn raw(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    let (headers, body) = (Vec::new(), body.into());
    Reply { status, headers, body, length: None, before: Duration::ZERO, between: Duration::ZERO }
}

impl Reply {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Says nothing for a while.
    pub fn after(mut self, before: Duration) -> Self {
        self.before = before;
        self
    }

    /// Says its body byte by byte.
    pub fn trickling(mut self, between: Duration) -> Self {
        self.between = between;
        self
    }

    /// Breaks off before the end.
    pub fn breaking_off(mut self) -> Self {
        self.length = Some(self.body.len() + 100);
        self
    }
}

type Script = BTreeMap<String, Vec<Reply>>;

/// Ends with its value.
pub struct Server {
    pub base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    ended: Arc<AtomicBool>,
    address: std::net::SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Answers to `METHOD /path?query`, one after another; the last answer is given again and again. What is not there is
    /// answered with 404.
    pub fn new(script: &[(&str, Vec<Reply>)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let base = format!("http://{address}");
        let mut script: Script = script.iter().map(|(line, replies)| ((*line).to_owned(), replies.clone())).collect();
        let (seen, ended) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let thread = {
            let (seen, ended, base) = (Arc::clone(&seen), Arc::clone(&ended), base.clone());
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if ended.load(Ordering::SeqCst) {
                        return;
                    }
                    // Whoever asks may have gone; that is what some tests are about.
                    let _ = stream.and_then(|stream| serve(stream, &mut script, &seen, &base));
                }
            })
        };
        Self { base, seen, ended, address, thread: Some(thread) }
    }

    /// Everything that was asked, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Methods and paths.
    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(stream: TcpStream, script: &mut Script, seen: &Mutex<Vec<Seen>>, base: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let line = first.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut text = String::new();
        reader.read_line(&mut text)?;
        let Some((name, value)) = text.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    seen.lock().unwrap().push(Seen { line: line.clone(), headers, body: String::from_utf8(body).unwrap() });
    let reply = match script.get_mut(&line) {
        Some(replies) if replies.len() > 1 => replies.remove(0),
        Some(replies) => replies[0].clone(),
        None => raw(404, r#"{"message": "Not Found"}"#),
    };
    let stream = reader.get_mut();
    std::thread::sleep(reply.before);
    stream.write_all(&head(&reply, base))?;
    if reply.between.is_zero() {
        return stream.write_all(&reply.body);
    }
    reply.body.iter().try_for_each(|byte| {
        std::thread::sleep(reply.between);
        stream.write_all(&[*byte])
    })
}

fn head(reply: &Reply, base: &str) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", reply.status);
    head.push_str(&format!("content-length: {}\r\n", reply.length.unwrap_or(reply.body.len())));
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {}\r\n", value.replace("{base}", base)));
    }
    head.push_str("\r\n");
    head.into_bytes()
}
