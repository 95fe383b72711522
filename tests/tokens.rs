//! The token counter against the reference tokenizer.
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that panics has failed as it should"
)]

use degpt_edge::tokens::{Counter, count};
use proptest::prelude::*;
use tiktoken_rs::cl100k_base_singleton;

/// Ordinary tokens of the vocabulary.
const TOKENS: u32 = 100_256;

/// Texts in many scripts and of many sorts.
const TEXTS: [&str; 22] = [
    "The quick brown fox can't jump; it's tired, and we've seen THEY'LL rest.\n",
    "我们今天讨论的是分词器：它把文本切成小块，然后逐一合并。你觉得呢？",
    "これは日本語の文章です。カタカナもあります、ー記号も。",
    "한국어 문장은 띄어쓰기가 있습니다. 정말 그렇죠?",
    "Привет, мир! Сколько здесь токенов — никто не знает…",
    "مرحبا بالعالم، كم عدد الرموز في هذا النص؟ ١٢٣٤٥",
    "שלום עולם! כמה אסימונים יש כאן?",
    "नमस्ते दुनिया, यह एक परीक्षण वाक्य है। १२३४",
    "สวัสดีชาวโลก นี่คือข้อความทดสอบ",
    "Γειά σου Κόσμε! ΌΛΑ ΚΑΛΆ; Ναι.",
    "Tiếng Việt có nhiều dấu, e\u{301}a\u{308}o\u{302}\u{323} rời rạc.",
    "👩‍👩‍👧‍👦 family, 🏳️‍🌈 flag, 👍🏽 skin, 🇩🇪🇫🇷 letters, 1️⃣ key, 😊😊😊",
    "fn main() {\n    let x: Vec<u8> = vec![0; 1_024];\n\n\tprintln!(\"{x:?}\");\n}\n",
    "if (a != b && c >= 0x1F) { return a?.b ?? c[12345]; } // --- ===== ---\r\n",
    "  \n \r\n\t\t  indented\n\n\n   \n",
    "trailing blanks    ",
    "line\r\rbreaks\n\r\n\n  \n x \u{a0}\u{3000} y\u{2028}\u{85}z",
    "1 22 333 4444 55555 3.14159 1,000,000 ½ ² Ⅷ ٣٤٥٦",
    "<|endoftext|><|fim_prefix|> are ordinary here <|endofprompt|>",
    "\0\u{1}\u{7f}\u{feff}\u{fffd}\u{10ffff}\u{e000}",
    "'s 'S 'ſ 'll 'LL 'lL 've 'r 're 'rE 'd 'm 'T 'tis rock'n'roll 'l 'v 'x ''s !'s",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=================#######################",
];

fn reference(text: &str) -> u64 {
    cl100k_base_singleton().encode_ordinary(text).len() as u64
}

/// Every prefix of a text, the empty one and the text itself included.
fn prefixes(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    (0..=text.len()).filter_map(|end| text.get(..end))
}

/// The count of a text of which each character is a portion.
fn count_by_characters(text: &str) -> u64 {
    let mut counter = Counter::new();
    for character in text.chars() {
        counter.push(character.encode_utf8(&mut [0; 4]));
    }
    counter.total()
}

/// All texts of up to `length` of some characters.
fn all_texts(characters: &str, length: usize) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut first = 0;
    for _ in 0..length {
        let last = texts.len();
        for text in first..last {
            let longer: Vec<_> =
                characters.chars().map(|next| format!("{}{next}", texts[text])).collect();
            texts.extend(longer);
        }
        first = last;
    }
    texts
}

#[test]
fn recorded_counts() {
    let deepseek = "我是 **DeepSeek-V3**，由 **深度求索（DeepSeek）** 公司开发的 \
        **大语言模型**。我的知识截止到 **2024年7月**，可以处理 **128K 超长上下文**，\
        并且支持 **文本、文档（如PDF、Word、Excel、PPT等）的解析和分析**。  \n\n\
        如果你有任何问题，不论是学习、编程、写作，还是生活相关，都可以问我！😊";
    let claude = "我是Claude，一个由Anthropic公司创建的AI助手。\
        我是基于大型语言模型训练而成的，旨在通过自然对话的方式提供帮助。\
        我可以协助处理各种任务，包括回答问题、写作、分析、编程、翻译等。\
        有什么我可以帮助您的吗？";
    assert_eq!(count(deepseek), 131);
    assert_eq!(count(claude), 103);
    assert_eq!(count(""), 0);
}

#[test]
fn every_token_of_the_vocabulary() {
    let vocabulary = cl100k_base_singleton();
    for token in 0..TOKENS {
        let bytes = vocabulary.decode_bytes(&[token]).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(count(&text), reference(&text), "token {token}: {text:?}");
    }
}

#[test]
fn every_class_of_character() {
    // The planes that have characters, one by one, and a part of the others.
    let characters: Vec<char> = ('\0'..'\u{34000}')
        .chain('\u{e0000}'..'\u{e0200}')
        .chain(('\u{34000}'..=char::MAX).step_by(97))
        .collect();
    for some in characters.chunks(32) {
        let text: String =
            some.iter().flat_map(|&c| [c, 'a', c, '1', ' ', c, '!', c, '\n']).collect();
        assert_eq!(count(&text), reference(&text), "{:?}", some[0]);
    }
}

#[test]
fn every_short_text_of_white_space_and_apostrophes() {
    let spaces = all_texts(" \n\r\ta!7", 5);
    let wide = all_texts("\u{3000} \u{85}\na.", 4);
    let apostrophes = all_texts("'sLeRſ ", 5);
    for text in spaces.into_iter().chain(wide).chain(apostrophes) {
        let expected = reference(&text);
        assert_eq!(count(&text), expected, "{text:?}");
        assert_eq!(count_by_characters(&text), expected, "{text:?} by characters");
    }
}

#[test]
fn every_prefix_and_every_cut_of_texts() {
    for text in TEXTS {
        let whole = reference(text);
        let mut counter = Counter::new();
        let mut before = 0;
        for prefix in prefixes(text) {
            counter.push(&text[before..prefix.len()]);
            before = prefix.len();
            assert_eq!(counter.total(), reference(prefix), "{prefix:?}");
            let mut halves = Counter::new();
            halves.push(prefix);
            halves.push(&text[before..]);
            assert_eq!(halves.total(), whole, "{prefix:?} and the rest");
        }
    }
}

#[test]
fn a_count_can_fall_as_the_text_grows() {
    // What `push_up_to` has to mind: the longest prefix is not the first.
    assert_eq!((count("functio"), count("function")), (3, 1));
    assert_eq!(Counter::new().push_up_to("function", 2), "function".len());
    assert_eq!(Counter::new().push_up_to("functio", 2), "funct".len());

    // The answer to a total that is over the limit, and to one that comes back.
    let mut counter = Counter::new();
    counter.push("functio");
    assert_eq!((counter.push_up_to("", 2), counter.push_up_to("x", 2)), (0, 0));
    assert_eq!(counter.total(), 3);
    assert_eq!((counter.push_up_to("nx", 1), counter.total()), (1, 1));
}

/// Text of parts that the pattern and the vocabulary treat in different ways.
fn any_text() -> impl Strategy<Value = String> {
    let special = [
        "'",
        "s",
        "S",
        "ſ",
        "t",
        "re",
        "'ll",
        "'VE",
        "l",
        "e",
        " ",
        "  ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\u{a0}",
        "\u{3000}",
        "\u{85}",
        "1",
        "23",
        "٣",
        "½",
        "a",
        "The",
        "中",
        "文字",
        "，",
        "。",
        "!",
        "--",
        "😊",
        "👩‍👩‍👧",
        "é",
        "e\u{301}",
        "한국",
        "ひらがな",
        "ب",
        "<|endoftext|>",
        "\0",
    ];
    let token = (0..TOKENS).prop_map(|token| {
        let bytes = cl100k_base_singleton().decode_bytes(&[token]).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let part = prop_oneof![
        4 => prop::sample::select(special.to_vec()).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => "[a-c]{1,12}",
        1 => "\\PC{0,6}",
        1 => "\\s{0,9}",
        2 => token,
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_text_in_any_portions(
        text in any_text(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        prop_assert_eq!(count(&text), reference(&text));
        let mut cuts: Vec<usize> =
            cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
        cuts.push(text.len());
        cuts.sort_unstable();
        let mut counter = Counter::new();
        let mut start = 0;
        for end in cuts {
            counter.push(&text[start..end]);
            prop_assert_eq!(counter.total(), reference(&text[..end]));
            start = end;
        }
    }

    #[test]
    fn the_longest_prefix_under_a_limit(
        before in any_text(), text in any_text(), limit in 0_u64..60,
    ) {
        let mut counter = Counter::new();
        counter.push(&before);
        let kept = counter.push_up_to(&text, limit);
        let total = |prefix: &str| reference(&format!("{before}{prefix}"));
        let longest = prefixes(&text).rev().find(|prefix| total(prefix) <= limit);
        prop_assert_eq!(kept, longest.map_or(0, str::len));
        prop_assert_eq!(counter.total(), total(&text[..kept]));
    }
}
