// Module ids that do not depend on where the repository is checked out, so that anyone's build gives the same bundle.
module.exports = { optimization: { moduleIds: 'natural', chunkIds: 'natural' } };
