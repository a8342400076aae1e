// Uploads with Node: node_upload.cjs fetch|http URL BYTES TIMES. Prints a status or an error for each.
const http = require('node:http')

const [how, url, bytes, times] = process.argv.slice(2)
const body = Buffer.alloc(Number(bytes), 'x')

const ways = {
  async fetch() {
    const answer = await fetch(url, { method: 'POST', body })
    await answer.text()
    return answer.status
  },
  http() {
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method: 'POST', agent: false }, answer => {
        answer.resume()
        answer.on('end', () => resolve(answer.statusCode))
        answer.on('error', reject)
      })
      request.on('error', reject)
      request.end(body)
    })
  },
}

async function main() {
  const told = []
  for (let i = 0; i < Number(times); i++) {
    try {
      told.push(String(await ways[how]()))
    } catch (error) {
      told.push(error.cause?.code ?? error.code ?? error.message)
    }
  }
  console.log(JSON.stringify(told))
}

main()
