// Checks request bodies against DeGPT's tables of fields, and words the faults
// as its web framework (FastAPI) does: the `detail` list of a 422.
//
// Does not: look into content parts, or at what a model accepts (refusals.mjs).
// Called by: chat.mjs, sign-in.mjs, web.mjs, allowance.mjs.

/** Returns the list of faults; an empty list is a good body. */
export function chatFaults(request) {
  return (
    notJson(request) ?? [
      ...field(request.json, 'model', text),
      ...messageFaults(request.json.messages),
      ...field(request.json, 'project', text),
      ...field(request.json, 'stream', bool),
      ...optional(request.json, 'enable_thinking', bool),
      ...optional(request.json, 'reload', bool),
      ...optional(request.json, 'audio', bool),
    ]
  );
}

export function signInFaults(request) {
  const faults = textFaults(request, ['id', 'channel']);
  if (faults.length === 0 && request.json.id === '') return [fault(['id'], 'ensure this value has at least 1 characters', 'value_error.any_str.min_length')];
  return faults;
}

/** For the bodies of the smaller endpoints: every one of `names` is a required string. */
export function textFaults(request, names) {
  return notJson(request) ?? names.flatMap((name) => field(request.json, name, text));
}

function messageFaults(messages) {
  if (messages === undefined) return [missing(['messages'])];
  if (!Array.isArray(messages)) return [fault(['messages'], 'value is not a valid list', 'type_error.list')];
  return messages.flatMap((message, index) => {
    const at = ['messages', index];
    if (!isObject(message)) return [fault(at, 'value is not a valid dict', 'type_error.dict')];
    return [...field(message, 'role', text, at), ...field(message, 'content', content, at)];
  });
}

// FastAPI reads a body of another content type as plain bytes.
function notJson({ headers, json, jsonError }) {
  if (!/^application\/(.+\+)?json/.test(headers['content-type'] ?? '')) return [fault([], 'value is not a valid dict', 'type_error.dict')];
  if (jsonError !== null) return [fault([0], jsonError, 'value_error.jsondecode')];
  if (!isObject(json)) return [fault([], 'value is not a valid dict', 'type_error.dict')];
  return null;
}

function field(object, name, check, at = []) {
  return object[name] === undefined ? [missing([...at, name])] : optional(object, name, check, at);
}

function optional(object, name, check, at = []) {
  const value = object[name];
  if (value === undefined) return [];
  if (value === null) return [fault([...at, name], 'none is not an allowed value', 'type_error.none.not_allowed')];
  const wrong = check(value);
  return wrong === null ? [] : [fault([...at, name], ...wrong)];
}

function text(value) {
  return typeof value === 'string' ? null : ['str type expected', 'type_error.str'];
}

function bool(value) {
  return typeof value === 'boolean' ? null : ['value could not be parsed to a boolean', 'type_error.bool'];
}

function content(value) {
  if (typeof value === 'string' || (Array.isArray(value) && value.every(isObject))) return null;
  return ['value is not a string or a list of dicts', 'type_error'];
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function missing(at) {
  return fault(at, 'field required', 'value_error.missing');
}

function fault(at, msg, type) {
  return { loc: ['body', ...at], msg, type };
}
