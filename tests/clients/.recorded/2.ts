import type Anthropic from "@anthropic-ai/sdk";

type Block = Omit<Anthropic.TextBlock, "citations"> | Anthropic.ThinkingBlock;
type Message = Omit<Anthropic.Message, "content"> & { content: Block[] };
type Events =
  | Exclude<Anthropic.RawMessageStreamEvent, { type: "message_start" | "content_block_start" }>
  | (Omit<Anthropic.RawMessageStartEvent, "message"> & { message: Message })
  | (Omit<Anthropic.RawContentBlockStartEvent, "content_block"> & { content_block: Block });
type Types = {
  page: { data: Anthropic.ModelInfo[]; has_more: boolean; first_id: string | null; last_id: string | null };
  info: Anthropic.ModelInfo;
  message: Message;
  event: Events | { type: "ping" };
  count: Anthropic.MessageTokensCount;
  failure: Anthropic.ErrorResponse;
};
const fits = <T>() => <V extends T>(value: V) => value;
void fits;
// a plain answer
void ({"id":"msg_404707255645477a9fcb5061374e9a9e","type":"message","role":"assistant","content":[{"type":"text","text":"One 👨‍👩‍👧 two, 中文 three, \"four\" \\ and\ndata: [DONE]\nfive."}],"model":"deepseek-chat","stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":73}} satisfies Types["message"]);
// a plain answer, streamed
void ({"type":"message_start","message":{"id":"msg_cff3af1d87f3498d912e49e3cbfe0cf3","type":"message","role":"assistant","content":[],"model":"deepseek-chat","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"ping"} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"On"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e 👨"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"‍👩‍👧"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" two,"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 中"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"文"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" thre"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e, \"f"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ou"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"r\" \\ "}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"and"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ndata"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":": [D"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ONE]\n"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"f"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"iv"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e."}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":73}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"message_start","message":{"id":"msg_f9c4e3fb42fd430e84549701325eed71","type":"message","role":"assistant","content":[],"model":"deepseek-chat","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"ping"} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"On"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e 👨"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"‍👩‍👧"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" two,"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 中"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"文"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" thre"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e, \"f"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ou"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"r\" \\ "}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"and"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ndata"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":": [D"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ONE]\n"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"f"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"iv"}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e."}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":73}} satisfies Types["event"]);
// a plain answer, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// an answer with reasoning
void ({"id":"msg_afbfe3bc91074019b0ed65c23988e85b","type":"message","role":"assistant","content":[{"type":"thinking","thinking":"Hmm, well.","signature":""},{"type":"text","text":"One 👨‍👩‍👧 two, 中文 three, \"four\" \\ and\ndata: [DONE]\nfive."}],"model":"deepseek-reasoner","stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":83}} satisfies Types["message"]);
// an answer with reasoning, streamed
void ({"type":"message_start","message":{"id":"msg_c667604b2a92460c90aa7f1012833fe4","type":"message","role":"assistant","content":[],"model":"deepseek-reasoner","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"ping"} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m, "}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"well"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"."}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"On"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"e 👨"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"‍👩‍👧"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" two,"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" 中"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"文"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" thre"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"e, \"f"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ou"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"r\" \\ "}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"and"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\ndata"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":": [D"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ONE]\n"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"f"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"iv"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"e."}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_stop","index":1} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":83}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"message_start","message":{"id":"msg_a0e166f70b3e471bbddb575f09ebb126","type":"message","role":"assistant","content":[],"model":"deepseek-reasoner","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"ping"} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"m, "}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"well"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"."}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"On"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"e 👨"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"‍👩‍👧"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" two,"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" 中"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"文"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":" thre"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"e, \"f"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ou"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"r\" \\ "}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"and"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"\ndata"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":": [D"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"ONE]\n"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"f"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"iv"}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"e."}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"content_block_stop","index":1} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":83}} satisfies Types["event"]);
// an answer with reasoning, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// an answer that was too long
void ({"id":"msg_154a35ae52bb4558be7e6332d90dfd3a","type":"message","role":"assistant","content":[{"type":"text","text":"One 👨‍👩‍👧 two, 中文 three, \"four\" \\ and\ndata: [DONE]\nfive."}],"model":"deepseek-chat","stop_reason":"max_tokens","stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":73}} satisfies Types["message"]);
// an answer that was too long, streamed
void ({"type":"message_start","message":{"id":"msg_a57fc7fa3aa4447a883b442e1d82fb78","type":"message","role":"assistant","content":[],"model":"deepseek-chat","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"ping"} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"On"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e 👨"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"‍👩‍👧"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" two,"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 中"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"文"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" thre"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e, \"f"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ou"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"r\" \\ "}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"and"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ndata"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":": [D"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ONE]\n"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"f"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"iv"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e."}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":73}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"message_start","message":{"id":"msg_0286a33322284ed38c4afe3d84de2c07","type":"message","role":"assistant","content":[],"model":"deepseek-chat","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"ping"} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"On"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e 👨"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"‍👩‍👧"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" two,"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 中"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"文"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" thre"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e, \"f"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ou"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"r\" \\ "}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"and"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ndata"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":": [D"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"ONE]\n"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"f"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"iv"}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e."}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":73}} satisfies Types["event"]);
// an answer that was too long, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// an answer that was held back
void ({"id":"msg_5450f97347c9401a966b3db649fe1521","type":"message","role":"assistant","content":[{"type":"text","text":"I"}],"model":"deepseek-chat","stop_reason":"refusal","stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":1}} satisfies Types["message"]);
// an answer that was held back, streamed
void ({"type":"message_start","message":{"id":"msg_cdf94ce381d948dd8e6e0baba5396fda","type":"message","role":"assistant","content":[],"model":"deepseek-chat","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"ping"} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I"}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":1}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"message_start","message":{"id":"msg_044208e170b643ed860f76f273abce20","type":"message","role":"assistant","content":[],"model":"deepseek-chat","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"ping"} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I"}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"message_delta","delta":{"stop_reason":"refusal","stop_sequence":null},"usage":{"input_tokens":20,"output_tokens":1}} satisfies Types["event"]);
// an answer that was held back, streamed
void ({"type":"message_stop"} satisfies Types["event"]);
// an answer that broke off
void ({"type":"message_start","message":{"id":"msg_5981b0a8995345619cb732c3b46a5055","type":"message","role":"assistant","content":[],"model":"deepseek-chat","stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":0}}} satisfies Types["event"]);
// an answer that broke off
void ({"type":"ping"} satisfies Types["event"]);
// an answer that broke off
void ({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}} satisfies Types["event"]);
// an answer that broke off
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"On"}} satisfies Types["event"]);
// an answer that broke off
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"e 👨"}} satisfies Types["event"]);
// an answer that broke off
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"‍👩‍👧"}} satisfies Types["event"]);
// an answer that broke off
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" two,"}} satisfies Types["event"]);
// an answer that broke off
void ({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 中"}} satisfies Types["event"]);
// an answer that broke off
void ({"type":"content_block_stop","index":0} satisfies Types["event"]);
// an answer that broke off
void ({"type":"error","error":{"type":"api_error","message":"DeGPT's answer broke off before its end."},"request_id":"5981b0a8995345619cb732c3b46a5055"} satisfies Types["failure"]);
// a rate limit
void ({"type":"error","error":{"type":"rate_limit_error","message":"DeGPT limits the rate of requests. Try again later."},"request_id":"4d80da954933400d8b469ab61316d3ce"} satisfies Types["failure"]);
// no DeGPT
void ({"type":"error","error":{"type":"api_error","message":"DeGPT cannot be reached at the moment."},"request_id":"71c31366950f42209f748e69cb8ef160"} satisfies Types["failure"]);
// a refusal
void ({"type":"error","error":{"type":"api_error","message":"DeGPT gave no answer: the model failed, is not open to this account, or the quota is used up."},"request_id":"58897da72f8944aaa413756e70fa1a72"} satisfies Types["failure"]);
// an unknown model
void ({"type":"error","error":{"type":"not_found_error","message":"The model `gpt-99-nonexistent` does not exist. GET /api/v1/models lists those that do."},"request_id":"215b9e725dc5452ba4f6ce2d14a4b909"} satisfies Types["failure"]);
// no messages
void ({"type":"error","error":{"type":"invalid_request_error","message":"messages: invalid type: string \"none\", expected a sequence at line 1 column 58"},"request_id":"0d205f1ded1b45dd8145c7323028309a"} satisfies Types["failure"]);
// a bad key
void ({"type":"error","error":{"type":"authentication_error","message":"The API key is not one of this deployment's."},"request_id":"8df262e5b8e34a07bec6cad98b1640d0"} satisfies Types["failure"]);
// a wrong method
void ({"type":"error","error":{"type":"invalid_request_error","message":"This method is not allowed here. Allowed: POST, OPTIONS."},"request_id":"dbe9b1c45b9846979a1703a14ec42550"} satisfies Types["failure"]);
// no such path
void ({"type":"error","error":{"type":"not_found_error","message":"There is nothing at `/api/v1/embeddings`. Try /api/v1/models, /api/v1/chat/completions or /api/v1/messages."},"request_id":"a0d929d6d44544cda8d61125bb0aa412"} satisfies Types["failure"]);
// the models
void ({"data":[{"type":"model","id":"deepseek-chat","display_name":"DeepSeek V3.1","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"doubao-seed-1-6-250615","display_name":"DouBao 1.6 (TikTok)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"qwen3-235b-a22b","display_name":"Qwen3 (Ali Cloud)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"qwen3-235b-a22b-think","display_name":"Qwen3 Thinking (Ali Cloud)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"gpt-5-mini","display_name":"GPT-5 mini (OpenAI)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"gpt-4o","display_name":"GPT-4o (OpenAI)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"deepseek-reasoner","display_name":"DeepSeek R1","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"gemini-2.5-flash-preview-05-20","display_name":"Gemini 2.5 Flash (Google)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"grok-4-0709","display_name":"Grok 4 (Elon Musk)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"doubao-seed-1-6-thinking-250615","display_name":"DouBao 1.6 Thinking (TikTok)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"o3","display_name":"GPT o3 (OpenAI)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"o4-mini","display_name":"GPT o4-mini high (OpenAI)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"gpt-4.1","display_name":"GPT-4.1 (OpenAI)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"gpt-5","display_name":"GPT-5 (OpenAI)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"claude-opus-4-20250514","display_name":"Claude 4 Opus (Anthropic)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"claude-opus-4-20250514-think","display_name":"Claude 4 Opus Thinking (Anthropic)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"grok-3-mini","display_name":"Grok 3 Thinking (Elon Musk)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"gemini-2.5-pro","display_name":"Gemini 2.5 Pro (Google)","created_at":"2025-08-23T12:26:48Z"},{"type":"model","id":"qwen3-max-preview","display_name":"Qwen3 Max (Ali Cloud)","created_at":"2026-02-09T00:00:00Z"},{"type":"model","id":"gpt-5.1","display_name":"GPT-5.1 (OpenAI)","created_at":"2026-02-09T00:00:00Z"}],"has_more":true,"first_id":"deepseek-chat","last_id":"gpt-5.1"} satisfies Types["page"]);
// the rest of the models
void ({"data":[{"type":"model","id":"grok-4-1-fast-non-reasoning","display_name":"Grok 4.1 (Elon Musk)","created_at":"2026-02-09T00:00:00Z"},{"type":"model","id":"gpt-5.2","display_name":"GPT-5.2 (OpenAI)","created_at":"2026-02-09T00:00:00Z"},{"type":"model","id":"claude-sonnet-4-5-20250929","display_name":"Claude 4.5 Sonnet (Anthropic)","created_at":"2026-02-09T00:00:00Z"},{"type":"model","id":"claude-sonnet-4-5-20250929-think","display_name":"Claude 4.5 Sonnet Thinking (Anthropic)","created_at":"2026-02-09T00:00:00Z"},{"type":"model","id":"grok-4-1-fast-reasoning","display_name":"Grok 4.1 Thinking (Elon Musk)","created_at":"2026-02-09T00:00:00Z"},{"type":"model","id":"gemini-3-pro-preview","display_name":"Gemini 3.1 Pro (Google)","created_at":"2026-02-09T00:00:00Z"}],"has_more":false,"first_id":"grok-4-1-fast-non-reasoning","last_id":"gemini-3-pro-preview"} satisfies Types["page"]);
// one model
void ({"type":"model","id":"deepseek-chat","display_name":"DeepSeek V3.1","created_at":"2025-08-23T12:26:48Z"} satisfies Types["info"]);
// a count
void ({"input_tokens":20} satisfies Types["count"]);
