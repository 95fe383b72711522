curl http://localhost:7860/api/v1/responses \
  -H 'Authorization: Bearer YOUR_API_KEY' \
  -H 'Content-Type: application/json' \
  -d '{"model": "gpt-5-mini", "input": "Hello!"}'
