//! `degpt-edge-bindgen INPUT FOLDER`: writes the JavaScript around a compiled Worker, and the wasm
//! without what was there for it, into the folder: `index.js` and `index_bg.wasm`.
fn main() -> anyhow::Result<()> {
    let mut args = std::env::args_os().skip(1);
    let (Some(input), Some(folder), None) = (args.next(), args.next(), args.next()) else {
        anyhow::bail!("usage: degpt-edge-bindgen INPUT FOLDER");
    };
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(input)
        .out_name("index")
        .module(true)?
        .typescript(false)
        // These two let the generated code replace an instance that has panicked.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(folder)
}
