// aedes on a free port, which it prints.
const aedes = require('aedes')()
const server = require('net').createServer(aedes.handle)
server.listen(0, '127.0.0.1', () => console.log('listening on', server.address().port))
