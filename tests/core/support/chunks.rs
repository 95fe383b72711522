//! An answer of DeGPT's, chunk by chunk, for what is measured.

use std::fmt::Write as _;

/// A chunk as Python's `json.dumps` writes it.
pub(crate) fn chunk(field: &str, text: &str) -> Vec<u8> {
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'"') => escaped.push_str("\\\""),
            Ok(b'\\') => escaped.push_str("\\\\"),
            Ok(b'\n') => escaped.push_str("\\n"),
            Ok(byte @ b' '..=b'~') => escaped.push(char::from(byte)),
            _ => drop(write!(escaped, "\\u{unit:04x}")),
        }
    }
    format!(
        "data: {{\"id\": \"23c16a0b-5e2f-4d0c-9a53-7f1d5f0e8c11\", \"object\": \
         \"chat.completion.chunk\", \"created\": 1755954793, \"model\": \"deepseek-chat\", \
         \"choices\": [{{\"index\": 0, \"delta\": {{\"{field}\": \"{escaped}\"}}, \"logprobs\": \
         null, \"finish_reason\": null}}]}}\n\n"
    )
    .into_bytes()
}

/// Pieces as models write them: of a few letters, or of one or two ideographs.
pub(crate) fn words() -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for (place, character) in TEXT.chars().enumerate() {
        let longest = if character.is_ascii() { 4 + place % 3 } else { 2 };
        if word.chars().count() >= longest || (character == ' ' && !word.is_empty()) {
            words.push(std::mem::take(&mut word));
        }
        word.push(character);
    }
    words.push(word);
    words
}

const TEXT: &str = "\
# A short guide\n\nPython's `asyncio` runs many tasks in one thread: while one waits for the \
network, another goes on. It isn't parallel, but for 10,000 open connections it's enough.\n\n\
我是 **DeepSeek-V3**，由深度求索公司开发的大语言模型，擅长处理各种文本任务。如果你有问题，请随时告诉我！😊\n\n\
```python\nasync def main():\n    async with session.get(f\"{base}/items?page={n}\") as reply:\n        \
data = await reply.json()\n        if data[\"total\"] < 1 or not data:\n            return None\n\
```\n\n1. First, **measure**; then (and only then) change the code.\n2. The rest – as they say – is \
\"left as an exercise\" to the reader…\n\n| name | value |\n|---|---|\n| α | 3.14159 |\n\nLa réponse \
est donc: oui, c'est possible. Der Aufwand ist größer, als man denkt.\n\n";
