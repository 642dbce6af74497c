// Pushes items by go-redis: go run go_redis_items.go PORT. What it was answered, as JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"
)

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func main() {
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + os.Args[1], ClientName: "go-redis"})
	defer client.Close()
	answers := map[string]interface{}{}
	pushed, err := client.RPush(ctx, "quotes:items", `{"n":1}`, `{"n":2}`).Result()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answers["rpush"] = pushed
	answers["xadd"], _ = client.XAdd(ctx, &redis.XAddArgs{Stream: "quotes:items", Values: []string{"item", `{"n":3}`}}).Result()
	commands, err := client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for n := 4; n < 1004; n++ {
			pipe.RPush(ctx, "quotes:items", fmt.Sprintf(`{"n":%d}`, n))
		}
		return nil
	})
	answers["pipeline"] = err == nil && len(commands) == 1000
	answers["bad"] = text(client.RPush(ctx, "quotes:items", `{"a":`).Err())
	answers["zcard"] = text(client.ZCard(ctx, "q").Err())
	_, err = client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
		pipe.RPush(ctx, "quotes:items", "-1")
		return nil
	})
	answers["transaction"] = text(err)
	json.NewEncoder(os.Stdout).Encode(answers)
}
