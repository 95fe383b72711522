//! The tools that a request names by their type alone, because Anthropic's models are
//! trained on them. DeGPT's are not: so here are a description of each, and the schema of
//! the arguments that the programs which run them expect.

/// What the model needs to know of such a tool.
#[derive(Debug, Clone, Copy)]
pub(super) struct BuiltinTool {
    pub(super) description: &'static str,
    pub(super) schema: &'static str,
}

/// The built-in tool of this type. The date is a version: another version may have other
/// arguments.
pub(super) fn find(kind: &str) -> Option<BuiltinTool> {
    Some(match kind {
        "bash_20241022" | "bash_20250124" => BASH,
        "text_editor_20241022" | "text_editor_20250124" => EDITOR_WITH_UNDO,
        "text_editor_20250429" => EDITOR,
        "text_editor_20250728" => EDITOR_WITH_INSERT_TEXT,
        "memory_20250818" => MEMORY,
        _ => return None,
    })
}

const BASH: BuiltinTool = BuiltinTool {
    description: "Runs a command in a bash shell, which stays open from one call to the next: so \
                  do its directory and variables. `restart` true starts it anew, for instance \
                  when it hangs.",
    schema: r#"{"type":"object","properties":{"command":{"type":"string"},"restart":{"type":"boolean"}}}"#,
};

/// The description of the commands that editors and the memory have in common.
macro_rules! commands {
    ($text:literal) => {
        concat!(
            "`view` shows a directory's files, or a file with its line numbers, of which \
             `view_range` [first, last] picks some (-1: to the end). `create` writes a file that \
             holds `file_text`. `str_replace` puts `new_str` in place of `old_str`, which must be \
             there exactly once, with every space and line break. `insert` puts `",
            $text,
            "` after the line `insert_line` (0: at the beginning)."
        )
    };
}

/// The schema of an editor with these further commands and arguments.
macro_rules! schema {
    ($commands:literal, $arguments:literal) => {
        concat!(
            r#"{"type":"object","properties":{"command":{"enum":["view","create","str_replace","insert""#,
            $commands,
            r#"]},"path":{"type":"string"},"view_range":{"type":"array","items":{"type":"integer"}},"file_text":{"type":"string"},"old_str":{"type":"string"},"new_str":{"type":"string"},"insert_line":{"type":"integer"}"#,
            $arguments,
            r#"},"required":["command"]}"#
        )
    };
}

const EDITOR_WITH_UNDO: BuiltinTool = BuiltinTool {
    description: concat!(
        "Views and edits the text file at the absolute `path`. ",
        commands!("new_str"),
        " `undo_edit` takes the last edit of the file back."
    ),
    schema: schema!(r#","undo_edit""#, ""),
};

const EDITOR: BuiltinTool = BuiltinTool {
    description: concat!(
        "Views and edits the text file at the absolute `path`. ",
        commands!("new_str")
    ),
    schema: schema!("", ""),
};

/// Since this version `insert` takes `insert_text` instead of `new_str`.
const EDITOR_WITH_INSERT_TEXT: BuiltinTool = BuiltinTool {
    description: concat!(
        "Views and edits the text file at the absolute `path`. ",
        commands!("insert_text")
    ),
    schema: schema!("", r#","insert_text":{"type":"string"}"#),
};

const MEMORY: BuiltinTool = BuiltinTool {
    description: concat!(
        "Your notes: text files below `/memories` that outlast this conversation. View \
         `/memories` before you begin a task, and note on the way what will be of use later. \
         `path` begins with `/memories`. ",
        commands!("insert_text"),
        " `delete` removes `path`; `rename` moves `old_path` to `new_path`."
    ),
    schema: schema!(
        r#","delete","rename""#,
        r#","insert_text":{"type":"string"},"old_path":{"type":"string"},"new_path":{"type":"string"}"#
    ),
};
