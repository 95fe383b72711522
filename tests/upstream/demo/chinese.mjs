// The demo's Chinese. `about` is {model, question, turn}.
//
// Called by: texts.mjs.

const live = ({ model }) => `正式运行时，网关会请求 DeGPT，由 **${model}** 本身来回答。`;

export const chinese = {
  live: (about, what) => (what === 'seen' ? `这里是演示：我只读取了文件的基本信息。${live(about)}` : live(about)),
  opening: (about) => `您问的是：“${about.question}”\n\n这里是 degpt-edge 的**演示**：由替身代替 **${about.model}** 回答。${live(about)}`,
  turn: ({ turn }) => (turn === 1 ? '这是我们对话的第一个问题。' : `这是我们对话的第 ${turn} 个问题，之前的内容我都记得。`),
  short: ({ model }) => `演示中代替 ${model} 的回答。`,
  lengthOf: (text) => [...text].length,
  space: '',
  long: /故事|文章|作文|详细|长文|小说|论文/,
  sentence: (index) => ['在许多应用和许多模型之间，有一座小小的网关。', '每个问题用一种语言进来，又用另一种语言出去。', '答案一点一点地流回来，到了就能看到。', '没有人需要等到最后一个字才能读第一个字。', `故事的第 ${Math.ceil(index / 5)} 段就这样结束了。`][(index - 1) % 5],
  shapes: { list: /列表|列出|步骤|建议|方法|如何|怎么|怎样|几个/, code: /代码|函数|程序|脚本|编程|正则|python|javascript|rust|sql|html/i, table: /表格|比较|对比|区别/ },
  list: () => '您可以试试：\n\n1. **图片**：我会说出它的格式和尺寸，PNG 还会说出颜色。\n2. **工具**：提供一个工具并提出相应的要求，我会调用它并转述结果。\n3. **JSON Schema**：我会用您问题里的内容来填写。\n4. **“我叫小明。”** 然后问我您叫什么。',
  code: ({ model }) => `\`\`\`python\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="http://localhost:7860/api/v1", api_key="YOUR_API_KEY")\nanswer = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "你好！"}],\n)\nprint(answer.choices[0].message.content)\n\`\`\``,
  table: ({ model }) => `| | 演示 | 正式运行 |\n|---|---|---|\n| 谁来回答 | 替身 | ${model} |\n| 账号 | 不需要 | 访客账号或您的密钥 |\n| 工具、JSON、流式输出 | 与正式运行相同 | 支持 |\n| 知识 | 几乎没有 | 模型本身的知识 |`,
  topics: [
    [/你是谁|您是谁|什么模型|哪个模型|你叫什么|介绍.{0,4}自己/, (about) => `您请求的是 **${about.model}**。我是 degpt-edge 演示里的替身，几乎什么都不知道。${live(about)}`],
    [/^\s*(?:谢谢|多谢|感谢)/, () => '不客气！还想试试别的吗？'],
    [/^\s*(?:测试|试一下|在吗)\W*$/, (about) => `一切正常：您的问题到达了 **${about.model}** 的替身，这就是它的回答。`],
    [/法国的?首都/, (about) => `法国的首都是**巴黎**。（这是演示为数不多知道的事情之一。${live(about)}）`],
    [/诗|绝句|俳句/, (about) => `千江归大海，\n一水过桥来。\n字字随波去，\n行行入眼开。\n\n*演示代替 ${about.model} 写的。*`],
    [/笑话/, (about) => `问：流式回答为什么从不迟到？答：因为它边走边说。\n\n*更好的笑话请找正式运行的 ${about.model}。*`],
    [/^\s*(?:你好|您好|嗨|哈喽|早上好|下午好|晚上好|早安|晚安|大家好).{0,12}$/s, (about) => `您好！👋 我是演示中 **${about.model}** 的替身。${live(about)}\n\n您可以随意提问、发一张图片，或者提供一个工具。`],
  ],
  pixels: (width, height) => `${width} × ${height} 像素`,
  pages: (count) => `${count} 页`,
  bytes: (count) => `${count} 字节`,
  colour: (name) => `主要是${{ red: '红', green: '绿', blue: '蓝', yellow: '黄', orange: '橙', purple: '紫', pink: '粉', cyan: '青', brown: '棕', black: '黑', white: '白', grey: '灰' }[name]}色`,
  seen: (kind, facts) => `我看到了一${kind === 'picture' ? '张图片' : '个文件'}：${facts.join('，')}。`,
  document: (name, lines, characters) => `我读了${name ? `**${name}**` : '您的文档'}：共 ${lines} 行，${characters} 个字符。开头是：`,
  recalled: (key, value) => (key === 'question' ? `您说过：“${value}”` : key === 'name' ? `您叫${value}。` : key === '记住' ? `您让我记住的是：${value}。` : `您告诉过我：您的${key}是${value}。`),
  result: (name, about, text) => `\`${name}\` 返回了${about ? ` ${about} 的` : ''}结果：${text.replace(/^ /, '')}`,
  failed: (name, text) => `\`${name}\` 失败了：${text}`,
  sources: (query, list) => `我在网上搜索了“${query}”，找到了以下内容：\n\n${list}`,
  continued: ({ model }) => `，演示就这样代替 ${model} 从断开的地方接着往下写。`,
  reasoning: ({ model, question }, { tools, form, results }) =>
    [`用户问的是：“${question}”。`, `这里是演示，不会请求 DeGPT；我代替 ${model}。`, tools > 0 ? (results > 0 ? '工具已经返回，我来转述结果。' : `提供了 ${tools} 个工具，我看看是否有合适的。`) : '', form ? '回答必须是指定格式的 JSON。' : '', '我用提问的语言来回答。'].filter(Boolean).join(''),
};
