// SPDX-License-Identifier: LGPL-2.1-or-later
//! Rust's standard library on pipes: a child by std::process with all three standard streams, and a named pipe opened as a file.
//!
//!     pipes child | exec | talk PIPE TEXT…      as pipes.go
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::process::{exit, Command, Stdio};

fn child(arguments: &[String]) {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).unwrap();
    println!("{}", arguments.join("|"));
    print!("{}", input.to_uppercase());
    eprintln!("a complaint");
    exit(7);
}

fn run() {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["child", "a b", "c\"d", ""])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for i in 0..20000 {
            writeln!(input, "line {}", i).unwrap();
        }
    });
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    println!("{} {} {}", lines[0], lines.len(), lines[20000]);
    println!("exit {} {}", output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap().trim());
}

fn talk(pipe: &str, texts: &[String]) {
    let mut file = OpenOptions::new().read(true).write(true).open(pipe).unwrap();
    for text in texts {
        let mut answer = [0u8; 1000];
        file.write_all(text.as_bytes()).unwrap();
        let n = file.read(&mut answer).unwrap();
        println!("{}", String::from_utf8_lossy(&answer[..n]));
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("child") => child(&arguments[2..]),
        Some("exec") => run(),
        Some("talk") => talk(&arguments[2], &arguments[3..]),
        _ => exit(2),
    }
}
