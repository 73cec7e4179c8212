/* client.c - see client.h. The part that is the same for all operations is a text below. */
#include "api/contract/client.h"
#include "api/contract/records.h"
#include "api/route.h"

static const char runtime[] =
    "export class Problem extends Error {\n"
    "  constructor(body, answer) {\n"
    "    super(body.detail || body.title || `The server answered ${answer.status}`);\n"
    "    this.status = answer.status;\n"
    "    this.code = body.code;\n"
    "    this.field = body.field;\n"
    "    this.retryAfter = Number(answer.headers.get('Retry-After')) || undefined;\n"
    "    this.requestId = answer.headers.get('X-Request-Id');\n"
    "  }\n"
    "}\n\n"
    "const rest = (s, signal) => new Promise((done, fail) => {\n"
    "  const timer = setTimeout(done, s * 1000);\n"
    "  signal?.addEventListener('abort', () => { clearTimeout(timer); fail(signal.reason); });\n"
    "});\n\n"
    "async function read(answer) {\n"
    "  const type = answer.headers.get('Content-Type') ?? '';\n"
    "  if (answer.status === 204 || answer.status === 304) return undefined;\n"
    "  if (type.includes('json')) return answer.json();\n"
    "  return type.startsWith('text/') ? answer.text() : answer.blob();\n"
    "}\n\n"
    "export class Segue {\n"
    "  /**\n"
    "   * @param {object} [options]\n"
    "   * @param {string} [options.base] where the API is; this page's own origin by default\n"
    "   * @param {() => string | undefined | Promise<string | undefined>} [options.token] the "
    "access token\n"
    "   * @param {() => Promise<boolean>} [options.renew] asked once after a 401: true tries "
    "again\n"
    "   * @param {number} [options.retries] of reads answered 429 or 503, after Retry-After\n"
    "   */\n"
    "  constructor({ base = '', token = () => undefined, renew, retries = 2 } = {}) {\n"
    "    Object.assign(this, { base, token, renew, retries });\n"
    "  }\n\n"
    "  async call(method, path, query, type, p = {}, o = {}) {\n"
    "    const url = this.base + path.replace(/{(\\w+)}/g, (_, name) => "
    "encodeURIComponent(p[name]));\n"
    "    const q = new URLSearchParams(query.filter((k) => p[k] !== undefined && p[k] !== '')\n"
    "      .map((k) => [k, Array.isArray(p[k]) ? p[k].join(',') : p[k]]));\n"
    "    for (let tries = 0, renewed = false; ;) {\n"
    "      const token = await this.token();\n"
    "      const headers = { ...o.headers };\n"
    "      if (token) headers.Authorization = `Bearer ${token}`;\n"
    "      if (p.ifMatch) headers['If-Match'] = p.ifMatch;\n"
    "      const json = type === 'application/json' && p.body !== undefined;\n"
    "      if (json) headers['Content-Type'] = type;\n"
    "      const answer = await fetch(q.size ? `${url}?${q}` : url, { method, headers, signal: "
    "o.signal, keepalive: o.keepalive, body: json ? JSON.stringify(p.body) : p.body });\n"
    "      if (answer.ok) return o.whole ? { body: await read(answer), headers: answer.headers, "
    "status: answer.status } : read(answer);\n"
    "      const problem = new Problem(await answer.json().catch(() => ({})), answer);\n"
    "      if (problem.status === 401 && token && this.renew && !renewed) {\n"
    "        renewed = true;\n"
    "        if (await this.renew()) continue;\n"
    "      }\n"
    "      if (method !== 'GET' || ![429, 503].includes(problem.status) || tries++ >= "
    "this.retries) throw problem;\n"
    "      await rest(Math.min(problem.retryAfter ?? 1, 10), o.signal);\n"
    "    }\n"
    "  }\n";

static const char *type_of(const struct sg_field *f)
{
    switch ((enum sg_field_type)f->type) {
    case SG_T_BOOL:
        return "boolean";
    case SG_T_STR:
    case SG_T_BYTES:
        return "string";
    case SG_T_RECORD:
        return f->record->name;
    default:
        return "number";
    }
}

static void put_type(struct sg_buf *b, const struct sg_field *f)
{
    const char *list = f->flags & SG_LIST ? "[]" : "";
    if (!f->choices) {
        sg_buf_printf(b, "%s%s", type_of(f), list);
        return;
    }
    sg_buf_puts(b, "(");
    for (const char *const *c = f->choices; *c; c++)
        sg_buf_printf(b, "%s'%s'", c == f->choices ? "" : "|", *c);
    sg_buf_printf(b, ")%s", list);
}

static void put_record(struct sg_buf *b, const struct sg_record *r)
{
    sg_buf_puts(b, "/**\n");
    sg_buf_printf(b, " * @typedef {object} %s\n", r->name);
    for (size_t i = 0; i < r->n_fields; i++) {
        const struct sg_field *f = &r->fields[i];
        bool may_lack = f->flags & SG_OPTIONAL;
        sg_buf_puts(b, " * @property {");
        put_type(b, f);
        sg_buf_printf(b, may_lack ? "} [%s]\n" : "} %s\n", f->name);
    }
    sg_buf_puts(b, " */\n");
}

/* {song_id: number, market?: string, body: Feedback} */
static void put_parameters(struct sg_buf *b, const struct sg_route *r)
{
    const char *format, *sep = "";
    sg_buf_putc(b, '{');
    for (const char *at = r->path; (at = strchr(at, '{')); at++) {
        struct sg_str name = {at + 1, (size_t)(strchr(at, '}') - at - 1)};
        sg_buf_printf(b, "%s%.*s: %s", sep, SG_FMT(name),
                      sg_route_hole_is_number(name, &format) ? "number" : "string");
        sep = ", ";
    }
    for (const struct sg_param *p = r->params; p && p->name; p++, sep = ", ") {
        const struct sg_field *f = p->field ? sg_record_field(r->params_of, p->field) : NULL;
        bool may_lack = !f || f->flags & (SG_OPTIONAL | SG_LIST) ||
                        (r->for_user && strcmp(p->name, "user_id") == 0);
        sg_buf_printf(b, "%s%s%s: ", sep, p->name, may_lack ? "?" : "");
        if (f)
            put_type(b, f);
        else
            sg_buf_puts(b, "string");
    }
    if (r->answers & (SG_ANSWERS_412 | SG_ANSWERS_428)) {
        sg_buf_printf(b, "%sifMatch%s: string", sep, r->answers & SG_ANSWERS_428 ? "" : "?");
        sep = ", ";
    }
    if (r->body || r->body_type)
        sg_buf_printf(b, "%sbody%s: %s", sep, r->body_optional ? "?" : "",
                      r->body ? r->body->name : "BodyInit");
    sg_buf_putc(b, '}');
}

static void put_operation(struct sg_buf *b, const struct sg_route *r)
{
    const char *reply = r->reply ? r->reply->name : r->content_type ? "any" : "void";
    sg_buf_printf(b, "\n  /**\n   * %s.\n   * @param {", r->summary);
    put_parameters(b, r);
    sg_buf_printf(b,
                  "} p\n   * @returns {Promise<%s>}\n   */\n  %s(p, o) {\n    return "
                  "this.call('%s', '%s', [",
                  reply, r->name, r->method ? r->method : "GET", r->path);
    for (const struct sg_param *p = r->params; p && p->name; p++)
        sg_buf_printf(b, "%s'%s'", p == r->params ? "" : ", ", p->name);
    sg_buf_printf(b, "], %s, p, o);\n  }\n", r->body ? "'application/json'" : "undefined");
}

int sg_client_js(struct sg_buf *out, struct sg_error *e)
{
    const struct sg_route *r;
    struct sg_records all = {0};
    sg_records_of_routes(&all);
    sg_buf_puts(out, "// A client of Segue " SEGUE_VERSION ", made from its contract "
                     "(`segue-api client`); do not edit.\n"
                     "//   import { Segue } from './client.js';\n"
                     "//   const { results } = await new Segue().search({ q: 'bohemian' });\n\n");
    for (size_t i = 0; i < all.n; i++)
        put_record(out, all.v[i]);
    sg_buf_puts(out, "\n");
    sg_buf_puts(out, runtime);
    for (struct sg_route_walk walk = {0}; (r = sg_route_next(&walk));)
        put_operation(out, r);
    sg_buf_puts(out, "}\n");
    return sg_buf_failed(out) ? sg_fail(e, SG_ENOMEM, "the JavaScript client") : 0;
}
