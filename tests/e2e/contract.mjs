// contract.mjs - every answer against the OpenAPI document: status, type of content, shape.
import assert from 'node:assert/strict';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

// The document's templates as patterns, the most literal first.
function paths(document) {
  return Object.entries(document.paths).map(([path, operations]) => ({
    path, operations, holes: path.split('{').length,
    pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/{\w+}/g, '[^/]+')}$`),
  })).sort((a, b) => a.holes - b.holes);
}

export class Contract {
  constructor(document) {
    this.document = document;
    this.paths = paths(document);
    this.ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats(this.ajv);
    for (const name of ['int64', 'double', 'int32']) this.ajv.addFormat(name, true);
    this.ajv.addSchema({ $id: 'contract', components: document.components });
    this.checks = new Map();
  }

  // Every operation: { path, method, operation }.
  * operations() {
    for (const [path, methods] of Object.entries(this.document.paths)) {
      for (const [method, operation] of Object.entries(methods)) yield { path, method, operation };
    }
  }

  find(method, pathname) {
    const at = this.paths.find(({ pattern }) => pattern.test(pathname));
    const name = method.toLowerCase();
    return at?.operations[name] ?? (name === 'head' ? at?.operations.get : undefined);
  }

  validator(schema) {
    const key = JSON.stringify(schema);
    if (!this.checks.has(key)) this.checks.set(key, this.ajv.compile(JSON.parse(key.replaceAll('"#/components', '"contract#/components'))));
    return this.checks.get(key);
  }

  // Throws when the answer is not as described. Paths that are not described are the page's files.
  check(method, pathname, status, type, body) {
    const operation = this.find(method, pathname);
    if (!operation || status === 405 || status === 304) return;
    const what = `${method} ${pathname} ${status}`;
    const described = operation.responses[status];
    assert.ok(described, `${what}: not among ${Object.keys(operation.responses)}: ${body.slice(0, 300)}`);
    const content = described.content?.[type?.split(';')[0]] ?? described.content?.[type] ?? described.content?.['*/*'];
    if (!described.content) {
      assert.equal(body, '', `${what}: has a body`);
      return;
    }
    assert.ok(content, `${what}: ${type} is not among ${Object.keys(described.content)}`);
    if (!/json/.test(type) || method === 'HEAD' || content === described.content['*/*']) return;
    const valid = this.validator(content.schema);
    assert.ok(valid(JSON.parse(body)), `${what}: ${this.ajv.errorsText(valid.errors)}: ${body.slice(0, 500)}`);
  }
}
