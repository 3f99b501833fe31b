option task = {name: "into nowhere", every: 1h}

from(bucket: "SOURCE")
    |> range(start: -task.every)
    |> to(bucket: "nowhere")
