// Calls methods with connect-web, which speaks gRPC-Web over `fetch`, and prints as JSON what it makes
// of the answers: node_grpc_web.cjs BASE QUESTIONS.

const { create, createFileRegistry } = require('@bufbuild/protobuf');
const { FileDescriptorProtoSchema, FileDescriptorSetSchema } = require('@bufbuild/protobuf/wkt');
const { createClient } = require('@connectrpc/connect');
const { createGrpcWebTransport } = require('@connectrpc/connect-web');

const [base, questions] = process.argv.slice(2);

const message = (name, field) => ({
  name,
  field: [{ name: field, jsonName: field, number: 1, type: 9, label: 1 }],
});
const method = (name, serverStreaming) => ({
  name,
  inputType: '.notes.Name',
  outputType: '.notes.Line',
  serverStreaming,
});
const file = create(FileDescriptorProtoSchema, {
  name: 'notes.proto',
  package: 'notes',
  syntax: 'proto3',
  messageType: [message('Name', 'name'), message('Line', 'text')],
  service: [
    {
      name: 'Notes',
      method: [method('Read', false), method('Append', false), method('Follow', true)],
    },
  ],
});
const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] }));
const client = createClient(
  registry.getService('notes.Notes'),
  createGrpcWebTransport({ baseUrl: base }),
);

async function call({ path, name, metadata }) {
  const method = path.split('/')[2].toLowerCase();
  const lines = [];
  try {
    const answer = client[method]({ name }, { headers: metadata });
    if (method === 'follow') {
      for await (const line of answer) lines.push(line.text);
    } else {
      lines.push((await answer).text);
    }
  } catch (error) {
    return { code: error.code, message: error.rawMessage, metadata: [...error.metadata], lines };
  }
  return { code: 0, message: '', metadata: [], lines };
}

async function main() {
  const told = [];
  for (const question of JSON.parse(questions)) told.push(await call(question));
  console.log(JSON.stringify(told));
}

main();
